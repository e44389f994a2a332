#!/usr/bin/env bash
# The JSON of a comparison answers a script's questions, and the page is made of the same.
set -eu
command -v jq >/dev/null || { echo "jq is not installed"; exit 77; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
old=$DATA/vmlinux-6.12.115.btf.xz new=$DATA/vmlinux-6.12.117.btf.xz
status=0
"$BTFX" -j diff "$old" "$new" --affects "$DATA/modules" >out.json || status=$?
[[ $status == 1 ]]
[[ $(jq -r '.summary.modules[] | select(.verdict == "needs rebuild") | .module' out.json) == extcon-core ]]
[[ $(jq -c '.results[] | [.kind, .name, .old_size, .new_size, (.details[] | select(.what == "member_added") | .member)]' \
  out.json) == '["struct","device_type",48,56,"need_parent_lock"]' ]]
"$BTFX" diff "$old" "$new" --format json >all.json || true
[[ $(jq '(.results | length), .summary.changes' all.json | sort -u) == 44 ]]
[[ $(jq -c .summary.severities all.json) == '{"layout":7,"signature":19,"value":0,"compatible":18}' ]]
cmp <(jq -c . all.json) <("$BTFX" -p diff "$old" "$new" | jq -c .)
"$BTFX" diff "$old" "$new" --format html >out.html || true
[[ $(grep -c '^<details class=' out.html) == 44 ]]
[[ $(tail -n 1 out.html) == '</html>' ]]
# The number of threads does not show.
cmp <("$BTFX" --jobs 1 diff "$old" "$new") <("$BTFX" --jobs 2 diff "$old" "$new")
