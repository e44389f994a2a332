#!/usr/bin/env bash
# What another run left beside the sidecars that are written now is told of: it does not belong to them.
. "$(dirname "$0")/lib.sh"
cp "$DATA/modules/dummy.ko.xz" .
left() { # PATH... : that warnings name these, and nothing else is said
  local wanted=
  for path; do
    wanted+="btfx: warning: $path: is left from another run, and does not belong to what was written now"$'\n'
  done
  same "${wanted%$'\n'}" "$(<err)"
}

# dummy has no .BTF_ids.
mkdir side
echo old >side/dummy.ko.BTF_ids
echo old >side/tun.ko.BTF_ids
expect 0 btfx distill dummy.ko.xz -B "$old" --output-dir side
left side/dummy.ko.BTF_ids
same old "$(<side/dummy.ko.BTF_ids)"
assert -s side/dummy.ko.BTF
assert -s side/dummy.ko.BTF.base
expect 0 btfx -q distill dummy.ko.xz -B "$old" --output-dir side
left

# What is relocated has no base of its own.
expect 0 btfx relocate dummy.ko.xz --from "$old" -B "$old" --output-dir side
left side/dummy.ko.BTF.base side/dummy.ko.BTF_ids

# With nothing of the kind nothing is said.
rm side/dummy.ko.BTF_ids side/dummy.ko.BTF.base
expect 0 btfx relocate dummy.ko.xz --from "$old" -B "$old" --output-dir side
left
