#!/usr/bin/env bash
# The manual pages are well-formed, and each has the sections that readers look for.
set -eu
command -v mandoc >/dev/null || { echo "mandoc is not installed"; exit 77; }
root=$(dirname "$(realpath "$0")")/../..
mandoc -T lint -W warning "$root"/man/*.1
for page in "$root"/man/*.1; do
  for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
    mandoc -T ascii "$page" | sed 's/.\x08//g' | grep -qx "$section" || { echo "$page: no $section" >&2; exit 1; }
  done
done
# A line of an example begins as it is typed, and dashes and quotes come out as such.
mandoc -T utf8 "$root/man/btfx-dump.1" | sed 's/.\x08//g' |
  grep -qx "  *btfx -j dump running name 'task_\*' kind struct"
