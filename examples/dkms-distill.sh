#!/usr/bin/env bash
# dkms-distill.sh: a POST_BUILD hook that makes the BTF of freshly built modules independent of one build of the kernel.
#
# In dkms.conf:   POST_BUILD="../../../path/to/dkms-distill.sh"
# dkms runs it in the build directory, with the kernel's release in $kernelver. It runs before modules are signed, which
# is the right moment: a signature covers the BTF. Modules without BTF, and kernels without BTF, are left as they are.
set -euo pipefail
btfx=${BTFX:-btfx}
release=${kernelver:-${1:-$(uname -r)}}
base=${BTFX_BASE:-$release} # a kernel release is looked up in /sys/kernel/btf, /boot, /lib/modules, ...
modules=${2:-.}

if ! "$btfx" extract "$base" -o /dev/null 2>/dev/null; then
  echo "dkms-distill: no BTF of kernel $release is at hand; modules are left as they are"
  exit 0
fi
find "$modules" -name '*.ko' -print0 | sort -z | while IFS= read -r -d '' module; do
  relation=$("$btfx" list "$module" | awk 'NR > 1 { print $7 }')
  case $relation in
    split) "$btfx" distill "$module" -B "$base" --dedup --in-place ;;
    distilled) echo "$module: distilled already" ;;
    *) echo "$module: $relation BTF, left as it is" ;;
  esac
done
