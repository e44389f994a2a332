#!/usr/bin/env bash
# module-build.sh HEADERS [KERNEL...]: builds the module in examples/module outside of a kernel's tree, with BTF that fits
# other builds of the kernel too: types by pahole, distilled base and .BTF_ids by btfx resolve-ids, put in by objcopy, as
# recent kernels do it. Then btfx says whether the kernel of HEADERS, and each other KERNEL, would take it.
#
# HEADERS   what /lib/modules/RELEASE/build points to; kernel-headers.sh gets one without installing anything
# KERNEL    a vmlinuz, a package, raw BTF, a release: whatever btfx reads
#
# In the environment: OUTPUT, a directory to build in, that is kept (default: one that is removed); BASE, the BTF of the
# kernel of HEADERS (default: HEADERS/vmlinux, which Debian's packages have); BTFX, the program; PAHOLE_FLAGS.
# This script installs nothing. It needs, as Debian's packages are called: make, the gcc that the kernel was built with
# (gcc-12), binutils, dwarves, and linux-headers-RELEASE.
set -euo pipefail
(($# > 0)) || { echo "usage: module-build.sh HEADERS [KERNEL...]" >&2; exit 2; }
headers=$(realpath "$1")
shift
kernels=()
for kernel; do
  if [[ -e $kernel ]]; then kernel=$(realpath "$kernel"); fi
  kernels+=("$kernel")
done
btfx=${BTFX:-btfx}
base=${BASE:-$headers/vmlinux}
source=$(dirname "$(realpath "$0")")/module

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); } # PROGRAM PACKAGE
need make make
need pahole dwarves
need objcopy binutils
compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$headers/.config" 2>/dev/null) || true
need "${compiler:-gcc}" "${compiler:-gcc}"
[[ -e $headers/Makefile ]] || missing+=("linux-headers-RELEASE (no kernel headers in $headers)")
[[ ${#missing[@]} == 0 ]] || { printf 'module-build: this is needed, and not installed: %s\n' "${missing[@]}" >&2; exit 2; }
if [[ ! -e $base ]]; then
  echo "module-build: no $base: say in BASE where the BTF of that kernel is, for example in its vmlinuz" >&2
  exit 2
fi

if [[ -n ${OUTPUT-} ]]; then
  mkdir -p "$OUTPUT"
else
  OUTPUT=$(mktemp -d)
  trap 'rm -rf "$OUTPUT"' EXIT
fi
cp "$source"/* "$OUTPUT"
"$btfx" extract "$base" -o "$OUTPUT/base.btf" # pahole reads raw BTF, but no kernel images
cd "$OUTPUT"

# The kernel's own makefile, found beside headers that were only unpacked. The build would make BTF bound to this kernel, and
# is told to make none.
makefile=$headers/Makefile
common=$(sed -n 's/^include \(.*\/Makefile\)$/\1/p' "$makefile")
if [[ -n $common ]]; then
  makefile=$(dirname "$headers")/$(basename "$(dirname "$common")")/Makefile
  [[ -e $makefile ]] || makefile=$common
fi
make -s -C "$headers" -f "$makefile" KBUILD_OUTPUT="$headers" M="$PWD" CONFIG_DEBUG_INFO_BTF_MODULES= modules

# What the kernel asks of pahole, which since 1.26 goes by features.
if [[ -z ${PAHOLE_FLAGS-} ]]; then
  IFS=. read -r major minor _ < <(pahole --version | tr -dc '0-9.\n')
  if ((major > 1 || minor >= 26)); then
    PAHOLE_FLAGS=--btf_features=encode_force,var,float,enum64,decl_tag,type_tag,optimized_func,consistent_func,decl_tag_kfuncs
  else
    PAHOLE_FLAGS=--btf_gen_floats
  fi
fi
read -ra flags <<<"$PAHOLE_FLAGS"
pahole -J "${flags[@]}" --btf_base base.btf --btf_encode_detached=meter.btf meter.ko

# meter.btf counts on from this one vmlinux. What comes out brings along the little that it needs of it.
"$btfx" resolve-ids --distill-base --fatal-warnings -B base.btf --btf meter.btf meter.ko
objcopy --strip-debug --add-section .BTF=meter.ko.BTF --add-section .BTF.base=meter.ko.BTF.base \
  --update-section .BTF_ids=meter.ko.BTF_ids meter.ko

"$btfx" list meter.ko
"$btfx" resolve-ids --list meter.ko
bases=()
for kernel in base.btf "${kernels[@]}"; do bases+=(-B "$kernel"); done
"$btfx" check meter.ko "${bases[@]}"
for kernel in base.btf "${kernels[@]}"; do "$btfx" relocate meter.ko -B "$kernel" --dry-run; done
