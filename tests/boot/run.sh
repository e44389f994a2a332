#!/usr/bin/env bash
# Lets real kernels judge btfx: boots Debian kernels in QEMU, without KVM, and compares what they show and say of modules with what
# btfx tells (boot.py). Not a part of the tests that CI runs; its results are in docs/booted.md.
# Usage: run.sh [--all] [--cache DIR] [--report FILE] [KERNEL...]
#   KERNEL          a name of kernels.txt; default: 7.3 7.2 6.12
#   --all           all kernels, with more modules
#   --cache DIR     where packages and what is unpacked of them stay; default: ~/.cache/btfx-boot. A package that is there as
#                   PACKAGE.deb is taken as it is.
#   --report FILE   writes the table of results to FILE
# BTFX: the program; default: build/btfx. Status 77 says that nothing was booted, and standard error why.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
btfx=$(realpath "${BTFX:-$here/../../build/btfx}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/btfx-boot report='' all=
# crc32c_generic: libcrc32c asks for it by the name of the algorithm, which no dependency says.
count=12 modules=(crc32c_generic dummy veth tun tcp_dctcp nf_conntrack xfrm_interface fou)
kernels=()
while [ $# -gt 0 ]; do
  case $1 in
  --all) all=1 ;;
  --cache) cache=${2:?} && shift ;;
  --report) report=$(realpath "${2:?}") && shift ;;
  -*) sed -n '2,/^set/{/^set/!s/^# \?//p}' "$0" && exit 2 ;;
  *) kernels+=("$1") ;;
  esac
  shift
done
if [ -n "$all" ]; then
  count=60
  modules+=(tcp_bbr nf_nat nf_tables nft_ct bridge vxlan geneve bonding macvlan xt_conntrack xt_bpf loop overlay sch_cake cls_bpf)
  [ ${#kernels[@]} -gt 0 ] || mapfile -t kernels < <(awk '!/^#/ { print $1 }' "$here/kernels.txt")
fi
[ ${#kernels[@]} -gt 0 ] || kernels=(7.3 7.2 6.12)

skip() { # REASON...
  printf 'run.sh: skipped: %s\n' "$*" >&2
  exit 77
}
line_of() { awk -v name="$1" '$1 == name' "$here/kernels.txt"; }
qemu_of() { echo "qemu-system-$(case $1 in amd64) echo x86_64 ;; arm64) echo aarch64 ;; *) echo "$1" ;; esac)"; }
compiler_of() {
  case $1 in
  "$(dpkg --print-architecture)") echo cc ;;
  amd64) echo x86_64-linux-gnu-gcc ;;
  arm64) echo aarch64-linux-gnu-gcc ;;
  *) echo "$1-linux-gnu-gcc" ;;
  esac
}

[ -x "$btfx" ] || skip "$btfx is not there: set BTFX"
for name in "${kernels[@]}"; do
  read -r _ architecture _ < <(line_of "$name") || { echo "run.sh: $name is not in kernels.txt" >&2 && exit 2; }
  for tool in apt-get dpkg-deb python3 "$(qemu_of "$architecture")" "$(compiler_of "$architecture")"; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
  done
done

# Downloads a package of any suite and architecture from the mirror of Debian that apt uses here; nothing is installed.
download() { # SUITE ARCHITECTURE PACKAGE=VERSION FILE
  local state=$cache/apt/$1-$2 mirror work
  local -a options
  # shellcheck disable=SC2016  # apt's own notation
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 'debian/*$') ||
    skip 'apt knows no mirror of Debian'
  mkdir -p "$state"/{lists,archives}/partial
  : >"$state/status"
  echo "deb [arch=$2 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$state/sources.list"
  options=(-qq -oAPT::Architecture="$2" -oAPT::Architectures="$2" -oAPT::Sandbox::User=root -oDir::State::Lists="$state/lists"
    -oDir::State::Status="$state/status" -oDir::Cache="$state"
    -oDir::Etc::SourceList="$state/sources.list" -oDir::Etc::SourceParts=/dev/null)
  [ -n "$(find "$state/lists" -name '*_Packages*' -mtime -1)" ] || apt-get "${options[@]}" update
  work=$(mktemp -d)
  (cd "$work" && apt-get "${options[@]}" download "$3") || skip "$3 of $1 for $2 cannot be downloaded"
  mv "$work"/*.deb "$4"
  rmdir "$work"
}

tree_of() { # NAME: the folder with the kernel's files
  local architecture suite packages package file
  read -r _ architecture suite _ packages < <(line_of "$1")
  if [ ! -e "$cache/$1/unpacked" ]; then
    for package in $packages; do
      file=$cache/${package%%=*}.deb
      [ -e "$file" ] || download "$suite" "$architecture" "$package" "$file"
      dpkg-deb -x "$file" "$cache/$1"
    done
    : >"$cache/$1/unpacked"
  fi
  echo "$cache/$1"
}

mkdir -p "$cache"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for name in "${kernels[@]}"; do
  read -r _ architecture _ foreign _ < <(line_of "$name")
  tree=$(tree_of "$name")
  options=()
  if [ "$foreign" != - ]; then
    foreign=$(tree_of "$foreign")
    options=(--foreign "$foreign")
  fi
  "$(compiler_of "$architecture")" -O1 -static -o "$work/init.$architecture" "$here/init.c"
  python3 -B "$here/boot.py" --btfx "$btfx" --tree "$tree" --architecture "$architecture" --init "$work/init.$architecture" \
    "${options[@]}" --count "$count" --row "$work/$name.row" --work "$work/$name" "${modules[@]}" || status=1
  rm -rf "${work:?}/$name"
done
table() {
  echo '| kernel | architecture | as built | distilled | dedup'\''d | distilled, dedup'\''d | modules of | relocated | not relocated | split, foreign | boot |'
  echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |'
  for name in "${kernels[@]}"; do cat "$work/$name.row" 2>/dev/null || true; done
}
table
[ -z "$report" ] || table >"$report"
exit "$status"
