#!/usr/bin/env bash
# Installs what btfx needs on Debian and Ubuntu, as far as it is missing.
# Usage: examples/install-dependencies.sh [--tests]    (--tests: also what the tests and checks need)
set -euo pipefail

packages=(cmake g++ ninja-build pkg-config
  libarchive-dev libcli11-dev libelf-dev libfmt-dev liblzma-dev nlohmann-json3-dev)
[ "${1-}" != --tests ] || packages+=(
  binutils bpftool catch2 ccache clang clang-format clang-tidy dpkg-dev dwarves fish git jq libclang-rt-dev llvm make mandoc parallel
  shellcheck strace valgrind xz-utils zsh zstd)
# Not every release of every distribution has this as a package; without it, tests of HTML pages are skipped.
[ "${1-}" != --tests ] || ! apt-cache show chromium >/dev/null 2>&1 || packages+=(chromium)

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || true
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || {
  echo "install what your distribution calls these: ${missing[*]}" >&2
  exit 1
}
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" apt-get -qq install --no-install-recommends "${missing[@]}" >/dev/null
