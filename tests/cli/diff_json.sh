#!/usr/bin/env bash
# The JSON of a comparison answers a script's questions, and the page is made of the same.
. "$(dirname "$0")/lib.sh"
need jq
expect 1 btfx -j diff "$old" "$new" --affects "$DATA/modules"
same extcon-core "$(jq -r '.summary.modules[] | select(.verdict == "needs rebuild") | .module' out)"
same '["struct","device_type",48,56,"need_parent_lock"]' \
  "$(jq -c '.results[] | [.kind, .name, .old_size, .new_size, (.details[] | select(.what == "member_added") | .member)]' out)"
expect 1 btfx diff "$old" "$new" --format json
mv out all.json
same 44 "$(jq '(.results | length), .summary.changes' all.json | sort -u)"
same '{"layout":7,"signature":19,"value":0,"compatible":18}' "$(jq -c .summary.severities all.json)"
expect 1 btfx -p diff "$old" "$new"
same_files <(jq -c . all.json) <(jq -c . out)
expect 1 btfx diff "$old" "$new" --format html
same 44 "$(sed -n '/id="data">/,/<.script>/p' out | sed 's/.*id="data">//; s/<.script>.*//' | jq '.changes | length')"
same '</html>' "$(tail -n 1 out)"
# The number of threads does not show.
expect 1 btfx --jobs 1 diff "$old" "$new"
mv out one
expect 1 btfx --jobs 2 diff "$old" "$new"
same_files one out
