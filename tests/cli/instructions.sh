#!/usr/bin/env bash
# label: slow
# Six fixed jobs execute no more instructions than tests/data/instructions.txt allows, 3 % of tolerance included: a count by
# callgrind is the same on a busy machine. UPDATE=1 writes the file anew. It holds for one compiler, library and kind of
# processor, which stand in its first line; elsewhere nothing can be said, and the test is skipped.
source "$(dirname "$0")/lib.sh"

command -v valgrind >/dev/null || skip "valgrind is not installed"
recorded=$root/tests/data/instructions.txt
compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
vectors=$(grep -qw avx2 /proc/cpuinfo && echo AVX2 || echo 'no AVX2')
environment="$(basename "$compiler") $("$compiler" -dumpfullversion), $(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt"), $(ldd --version | sed -n '1s/.* //p') of libc, $(uname -m), $vectors"
[[ -n ${UPDATE-} || $(sed -n '1s/^# //p' "$recorded") == "$environment" ]] || skip "counts are not of $environment"

btfx extract "$old" -o vmlinux
btfx extract "$new" -o next
mkdir modules
for file in "$DATA"/modules/*.ko.xz; do xz -dc "$file" >"modules/$(basename "$file" .xz)"; done

count() { # NAME ARGUMENT...
  local status=0
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$1.log" "$btfx_itself" --jobs 1 "${@:2}" >/dev/null 2>&1 || status=$?
  ((status < 124)) || fail "btfx ${*:2}: ended with status $status"
  printf '%s %s\n' "$1" "$(sed -n 's/^==[0-9]*== Collected : //p' "$1.log" | grep .)"
}
jobs=(
  "dump-raw dump vmlinux"
  "dump-c dump vmlinux format c"
  "check check modules -B vmlinux"
  "distill distill modules -B vmlinux --dry-run"
  "merge merge modules -B vmlinux -o merged"
  "diff diff vmlinux next"
)
export -f count fail where
export btfx_itself failures
printf '%s\n' "${jobs[@]}" | xargs -P"$(nproc)" -L1 bash -c 'count "$@"' count | sort >counts
if [[ -n ${UPDATE-} ]]; then
  { printf '# %s\n' "$environment" && cat counts; } >"$recorded"
  exit 0
fi
grown=$(join <(sed 1d "$recorded") counts |
  awk '$3 > 1.03 * $2 { printf "%s: %d instructions, %d are recorded: %.1f %% more\n", $1, $3, $2, 100 * ($3 / $2 - 1) }')
[[ -z $grown ]] || fail "more work than before (UPDATE=1 $0 records what is meant to be):" "$grown"
same "$(cut -d ' ' -f 1 counts)" "$(sed 1d "$recorded" | cut -d ' ' -f 1)" "the jobs"
