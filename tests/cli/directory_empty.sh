#!/usr/bin/env bash
# A directory without modules is an error of its own, and no module: no summary counts it as one.
. "$(dirname "$0")/lib.sh"
mkdir empty
cp "$DATA/modules/dummy.ko.xz" .
error='btfx: error: empty: directory has no kernel modules in it'

says() { # TEXT COMMAND...: the last line of the summary with a module beside the directory; without one there is none
  expect 2 btfx "${@:2}" empty -B "$old"
  same '' "$(<out)"
  same "$error" "$(<err)"
  expect 2 btfx "${@:2}" dummy.ko.xz empty -B "$old"
  has out -x "$1"
  has err -xF "$error"
  expect 2 btfx -j "${@:2}" dummy.ko.xz empty -B "$old"
  same '[2,1]' "$(jq -c '[.results | length, (map(select(.error)) | length)]' out)"
  same '[2,1]' "$(jq -c '.summary | [.modules // .sources, .errors]' out)"
}
says '1 could not be checked' check
says '.* dummy.ko.xz' list
says '1 module: 1 relocates, 0 do not; nothing was written' relocate --from "$old" --dry-run
says '1 module can be distilled; nothing was written' distill --dry-run
says '1 module, 1 with nothing to drop; nothing was written' dedup --dry-run

# A module that cannot be read is one, whatever it is called.
expect 2 btfx distill missing empty -B "$old" --dry-run
same '0 of 1 module can be distilled; nothing was written' "$(<out)"
