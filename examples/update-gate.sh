#!/usr/bin/env bash
# update-gate.sh OLD NEW MODULES...: may a kernel update go out without building these modules again?
#
# OLD and NEW are kernels (packages, kernel images, raw BTF), MODULES what was built for OLD: files, directories,
# packages. Prints a line for each module that must be built again, and ends with status 1 when there is one, so that a
# package build can stop there; 2 when something could not be read.
set -euo pipefail
(($# > 2)) || { echo "usage: update-gate.sh OLD NEW MODULES..." >&2; exit 2; }
btfx=${BTFX:-btfx}

status=0
report=$("$btfx" --json diff "$1" "$2" --summary --affects "${@:3}") || status=$?
((status < 2)) || exit 2
jq -r '.summary | "\(.need_rebuild) of \(.judged) module\(if .judged == 1 then "" else "s" end) must be rebuilt",
  (.modules[] | select(.verdict == "needs rebuild")
   | "\(.module): \([(.uses[] | select(.needs_rebuild) | "\(.kind) \(.name) (\(.use))"), .also[]?] | join(", "))")' <<<"$report"
[[ $(jq .summary.need_rebuild <<<"$report") == 0 ]]
