#!/usr/bin/env bash
# farm.sh DIRECTORY KERNELS [OPTION...] -- ARGUMENT...: runs `btfx -j ARGUMENT...` once for each kernel, on as many processors
# and machines as GNU parallel is given, and puts all answers into one document.
#
# KERNELS is a file with a kernel a line: a package, a directory, whatever btfx takes; {} among the arguments stands for it.
# OPTIONs are those of GNU parallel: --jobs 8, --sshloginfile machines, --transferfile {}. In DIRECTORY are then
#   answers/1/KERNEL/stdout  what btfx printed for a kernel, and stderr    joblog  times and statuses
#   all.json        {"kernels": [{"kernel", "status", "document"}], "summary": {"kernels", "yes", "no", "trouble"}}
# A run that was interrupted goes on where it stopped when it is started again. To share the work among farms without a common
# login, give each its part of the lines (split -n l/1/4 kernels), and put the parts' documents together with --collect:
#   farm.sh --collect FILE... >all.json
# Status: 0 all answers are yes, 1 some are no, 2 there was trouble with some.
#
#   farm.sh out kernels -- check {} --failed
#   farm.sh out kernels --sshloginfile machines --transferfile {} -- core probe.bpf.o -B {}
set -euo pipefail

# Puts documents of this script together.
collect='{kernels: map(.kernels) | add}
  | .summary = (.kernels | {kernels: length, yes: map(select(.status == 0)) | length, no: map(select(.status == 1)) | length,
                            trouble: map(select(.status > 1)) | length})'
if [ "${1-}" = --collect ]; then
  jq -s "$collect" "${@:2}"
  exit
fi
usage() { echo "usage: farm.sh DIRECTORY KERNELS [OPTION OF GNU PARALLEL...] -- ARGUMENT OF BTFX..." >&2 && exit 2; }
(($# >= 4)) || usage
for program in parallel jq; do
  command -v "$program" >/dev/null || { echo "farm.sh needs $program" >&2 && exit 2; }
done
out=$1 kernels=$2
shift 2
options=()
while (($# > 0)) && [ "$1" != -- ]; do
  options+=("$1")
  shift
done
(($# > 1)) || usage
shift
btfx=${BTFX:-btfx}

mkdir -p "$out/answers"
# What a stopped run left of an answer is asked again: parallel would take it for the answer.
find "$out/answers" -name seq -print0 | while IFS= read -r -d '' file; do
  if ! cut -f1 "$out/joblog" 2>/dev/null | grep -qx "$(<"$file")"; then rm -r "${file%/seq}"; fi
done
# parallel quotes what it puts in place of {}; a status above 0 is an answer, not a reason to stop.
printf -v command '%q ' "$btfx" -j "$@"
command=${command//\\\{\\\}/\{\}}
parallel --will-cite --resume --joblog "$out/joblog" --results "$out/answers" "${options[@]}" \
  "$command" :::: "$kernels" >/dev/null 2>"$out/messages" || true

declare -A answers # by the number of the line
while IFS= read -r -d '' file; do answers[$(<"$file")]=${file%/seq}/stdout; done < <(find "$out/answers" -name seq -print0)
number=0
while IFS= read -r kernel; do
  ((++number))
  status=$(awk -F'\t' -v number="$number" '$1 == number { print $7 }' "$out/joblog")
  answer=${answers[$number]-}
  # What did not run, or printed no document, is trouble.
  if ! jq -e . "$answer" >/dev/null 2>&1; then answer=/dev/null status=2; fi
  jq -n --arg kernel "$kernel" --argjson status "${status:-2}" --slurpfile document "$answer" \
    '{kernels: [{$kernel, $status, document: ($document[0] // null)}]}'
done <"$kernels" | jq -s "$collect" >"$out/all.json"
jq -r '.summary | "\(.kernels) kernel\(if .kernels == 1 then "" else "s" end): \(.yes) yes, \(.no) no, \(.trouble) in trouble"' "$out/all.json"
exit "$(jq '.summary | if .trouble > 0 then 2 elif .no > 0 then 1 else 0 end' "$out/all.json")"
