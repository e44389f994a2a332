#!/usr/bin/env bash
# What another run left beside the sidecars that are written now is told of: it does not belong to them.
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
base=$DATA/vmlinux-6.12.115.btf.xz
cp "$DATA/modules/dummy.ko.xz" .
left() { # PATH... : that warnings name these, and nothing else is said
  local wanted=
  for path; do
    wanted+="btfx: warning: $path: is left from another run, and does not belong to what was written now"$'\n'
  done
  [[ $(<err) == "${wanted%$'\n'}" ]] || { cat err; exit 1; }
}

# dummy has no .BTF_ids.
mkdir side
echo old >side/dummy.ko.BTF_ids
echo old >side/tun.ko.BTF_ids
"$BTFX" distill dummy.ko.xz -B "$base" --output-dir side >/dev/null 2>err
left side/dummy.ko.BTF_ids
[[ $(<side/dummy.ko.BTF_ids) == old && -s side/dummy.ko.BTF && -s side/dummy.ko.BTF.base ]]
"$BTFX" -q distill dummy.ko.xz -B "$base" --output-dir side >/dev/null 2>err
left

# What is relocated has no base of its own.
"$BTFX" relocate dummy.ko.xz --from "$base" -B "$base" --output-dir side >/dev/null 2>err
left side/dummy.ko.BTF.base side/dummy.ko.BTF_ids

# With nothing of the kind nothing is said.
rm side/dummy.ko.BTF_ids side/dummy.ko.BTF.base
"$BTFX" relocate dummy.ko.xz --from "$base" -B "$base" --output-dir side >/dev/null 2>err
left
