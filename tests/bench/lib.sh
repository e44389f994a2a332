# shellcheck shell=bash
# What the benchmarks of whole kernels share. They run in a directory of their own.

need() { # TOOL...
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { printf '%s: %s is not installed\n' "${0##*/}" "$tool" >&2 && exit 77; }
  done
}

# Puts the modules below FROM into TO, unpacked, in directories like theirs: plain ones as links where that can be.
unpack_modules() { # FROM TO (absolute)
  local from=$1 to=$2 suffix tool link=-l
  mkdir -p "$to"
  (
    cd "$from" || exit
    find . -name '*.ko' -type f -print0 -quit | xargs -0r cp -l -t "$to" 2>/dev/null || link=--
    find "$to" -type f -delete
    find . -name '*.ko' -type f -print0 | xargs -0r cp --parents -t "$to" $link
    find . -name '*.ko.*' -type f -printf '%h\0' | sort -zu | (cd "$to" && xargs -0r mkdir -p)
    for suffix in xz zst gz; do
      case $suffix in xz) tool='xz -dc' ;; zst) tool='zstd -dqc' ;; gz) tool='gzip -dc' ;; esac
      # shellcheck disable=SC2016  # for the other shell
      find . -name "*.ko.$suffix" -type f -print0 | to=$to tool=$tool xargs -0r -P "$(nproc)" -n 50 \
        bash -c 'for file; do $tool "$file" >"$to/${file%.*}"; done' _
    done
  )
}

# One program's figures as JSON: wall and processor time in ms, medians of $rounds, memory in MB; what it prints goes to
# /dev/null.
figures() { # COMMAND (words, no shell)
  local memory
  # shellcheck disable=SC2154  # rounds is the script's
  hyperfine -N --ignore-failure --warmup 1 --runs "$rounds" --export-json hyperfine.json "$1" >/dev/null 2>&1
  # shellcheck disable=SC2086  # words
  memory=$(/usr/bin/time -f %M -o memory $1 >/dev/null 2>&1 || true; tail -n 1 memory)
  jq -c --argjson memory "$memory" '.results[0] | {wall: (.median * 1000), least: (.min * 1000), most: (.max * 1000),
    cpu: ((.user + .system) * 1000), memory: ($memory / 1024)}' hyperfine.json
}
