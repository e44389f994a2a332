# What each finding starts with. Sourced, it makes an empty folder in the system's temporary one, which goes at the end.
#
# shellcheck shell=bash
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tree=$folder/tree
mkdir "$tree"

# Unpacks packages of Debian 13 (amd64), with what they depend on, into a tree of their own; nothing is installed.
# They come from the mirror of Debian that apt uses on this machine.
packages() { # PACKAGE=VERSION...
  local mirror deb directory
  local -a options
  # shellcheck disable=SC2016  # apt's own notation
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 'debian/*$') || {
    echo "${0##*/}: apt knows no mirror of Debian" >&2
    exit 77
  }
  mkdir -p "$folder"/apt/{lists,archives}/partial
  : >"$folder/apt/status"
  echo "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$folder/apt/sources.list"
  options=(-qq -oAPT::Architecture=amd64 -oAPT::Architectures=amd64 -oAPT::Install-Recommends=false -oAPT::Sandbox::User=root
    -oDir::State::Lists="$folder/apt/lists" -oDir::State::Status="$folder/apt/status" -oDir::Cache="$folder/apt"
    -oDir::Etc::SourceList="$folder/apt/sources.list" -oDir::Etc::SourceParts=/dev/null -oDebug::NoLocking=1)
  apt-get "${options[@]}" update
  apt-get "${options[@]}" -y --download-only install bash coreutils "$@" >/dev/null
  for directory in bin sbin lib lib64; do
    mkdir -p "$tree/usr/$directory"
    ln -s "usr/$directory" "$tree/$directory"
  done
  for deb in "$folder"/apt/archives/*.deb; do
    dpkg --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$tree"
  done
  mkdir -p "$tree/tmp" "$tree/work"
}

inside() { # COMMAND...: in the tree, in its folder /work, which is $tree/work here
  local -a prefix=()
  [ "$(id -u)" = 0 ] || prefix=(unshare --map-root-user)
  # shellcheck disable=SC2016  # the shell in the tree expands it
  "${prefix[@]}" chroot "$tree" /usr/bin/env -i PATH=/usr/bin:/usr/sbin HOME=/tmp bash -c 'cd /work && exec "$@"' finding "$@"
}

seen() { # WHAT EXPECTED SEEN
  if [ "$2" != "$3" ]; then
    printf '%s: %s has changed\nexpected:\n%s\nseen:\n%s\n' "${0##*/}" "$1" "$2" "$3" >&2
    exit 1
  fi
  printf '%s:\n%s\n\n' "$1" "$3"
}
