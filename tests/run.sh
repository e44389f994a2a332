#!/usr/bin/env bash
# Everything that has to hold: build and tests of a release, lint, the same tests under clang's address and undefined
# behaviour sanitizers with a thousand inputs for each fuzz target, and the tests of the batch under the thread sanitizer.
# Usage: tests/run.sh [STEP...]    steps: release lint clang tsan; default: all
set -euo pipefail
cd "$(dirname "$0")/.."
fuzz_runs=${FUZZ_RUNS:-1000} fuzz_seed=${FUZZ_SEED:-1} # the same inputs each time: what is new is looked for by hand

# Unpacks the newest headers of a kernel 6.12 to 6.18 that the package lists have: their resolve_btfids works in place.
kernel_headers() {
  local release directory
  [ -z "${KERNEL_HEADERS-}" ] && command -v apt-cache >/dev/null || return 0
  release=$(apt-cache search --names-only '^linux-headers-6\.1[2-8]\.[0-9]+\+deb[0-9]+-'"$(dpkg --print-architecture)$" |
    sed 's/^linux-headers-\([^ ]*\) .*/\1/' | sort -V | tail -n 1)
  [ -n "$release" ] || return 0
  directory=$PWD/build/kernel-headers/$release
  if [ ! -e "$directory/done" ]; then
    rm -rf "$directory"
    examples/kernel-headers.sh "$release" "$directory" >/dev/null || return 0
    : >"$directory/done"
  fi
  export KERNEL_HEADERS=$directory/usr/src/linux-headers-$release
}

examples/install-dependencies.sh --tests
kernel_headers # for the tests that build modules
if command -v ccache >/dev/null; then
  export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
  export CCACHE_SLOPPINESS=pch_defines,time_macros # else it keeps nothing that was compiled with a precompiled header
fi
summaries=()

build() { # PRESET [TARGET...]
  local -a make=(cmake --build --preset "$1" ${2:+--target "${@:2}"})
  local log alone
  log=$(mktemp)
  cmake --preset "$1" -DBUILD_TESTING=ON -DBTFX_WERROR=ON -DBTFX_UNITY=ON -DBTFX_ALONE= >/dev/null
  if "${make[@]}" -- -k 0 2>&1 | tee "$log"; then
    rm "$log"
    return
  fi
  # Helpers of one name in two files are no fault: what else is, is found again.
  alone=$(sed -nE 's|^FAILED: .*/([a-z_]+)\.dir/Unity/.*|\1|p' "$log" | sort -u | paste -sd ';')
  rm "$log"
  [ -n "$alone" ] || return 1
  printf '%s: compiling each file of %s alone\n' "$1" "$alone"
  cmake --preset "$1" "-DBTFX_ALONE=$alone" >/dev/null
  "${make[@]}"
}

test_build() { # PRESET DIRECTORY: what ctest says, and its last lines once more at the end of everything
  local log=$2/ctest.log result=0
  ctest --preset "$1" --parallel "$(nproc)" 2>&1 | tee "$log" || result=$?
  summaries+=("$1: $(grep -E '^[0-9]+% tests passed|^Total Test time' "$log" | paste -sd ' ')" "$(skipped "$1" "$log")")
  [ "$result" = 0 ] || {
    report
    exit 1
  }
}

# PRESET LOG: how many tests are skipped, and which: ctest lists them at its end.
skipped() {
  local -a names
  mapfile -t names < <(sed -n 's/^[[:space:]]*[0-9]* - \(.*\) (Skipped)$/\1/p' "$2")
  printf '%s: %d skipped' "$1" ${#names[@]}
  [ ${#names[@]} = 0 ] || printf ': %s' "$(printf '%s, ' "${names[@]}" | sed 's/, $//')"
}

report() { printf '%s\n' "${summaries[@]}"; }

release() {
  build release
  test_build release build
}

lint() { tests/lint.sh build; }

fuzz() { # TARGET
  # The same inputs everywhere: seeds in the order of their names, not of the directory, and neither addresses nor time
  # guide the fuzzer. (Where addresses cannot be fixed, those of `commands` may still differ.)
  local -a steady=(setarch --addr-no-randomize) seeds
  "${steady[@]}" true 2>/dev/null || steady=()
  rm -rf "build-fuzz/corpus/$1" && mkdir -p "build-fuzz/corpus/$1" || return
  mapfile -t seeds < <(printf '%s\n' "tests/fuzz/corpus/$1"/* | LC_ALL=C sort)
  # Without the entropic schedule, whose bookkeeping takes several times as long as the target.
  "${steady[@]}" "build-fuzz/tests/fuzz/fuzz_$1" -seed="$fuzz_seed" -runs="$fuzz_runs" -entropic=0 -reload=0 -use_cmp=0 -print_funcs=0 \
    -max_len=8192 -timeout=60 -malloc_limit_mb=8192 -verbosity=0 -artifact_prefix="build-fuzz/$1-" \
    -seed_inputs="$(IFS=, && printf '%s' "${seeds[*]}")" "build-fuzz/corpus/$1"
}

clang() {
  build fuzz
  test_build fuzz build-fuzz
  export -f fuzz
  export fuzz_runs fuzz_seed
  basename -a tests/fuzz/corpus/* | xargs -n1 -P"$(nproc)" bash -c 'fuzz "$@"' fuzz
}

tsan() {
  build tsan btfx btfx_tests
  test_build tsan build-tsan
}

[ $# -gt 0 ] || set -- release lint clang tsan
for step in "$@"; do
  started=$SECONDS
  printf '\n== %s\n' "$step"
  "$step"
  printf '== %s: %d seconds\n' "$step" $((SECONDS - started))
done
report
