#!/usr/bin/env bash
# What is installed: the program, its manual pages and completions, and nothing that only the build needs.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
command -v cmake >/dev/null || { echo "cmake is not installed"; exit 77; }
cmake --install "$(dirname "$BTFX")" --prefix "$work/usr" >/dev/null
(cd "$work/usr" && find . -type f | LC_ALL=C sort) >"$work/installed"
root=$(dirname "$(realpath "$0")")/../..
{
  echo ./bin/btfx
  for page in "$root"/man/*.1; do echo "./share/man/man1/$(basename "$page")"; done
  echo ./share/bash-completion/completions/btfx
  echo ./share/zsh/site-functions/_btfx
  echo ./share/fish/vendor_completions.d/btfx.fish
} | LC_ALL=C sort | diff - "$work/installed"
"$work/usr/bin/btfx" --version | grep -qx 'btfx [0-9.]*'
