#!/usr/bin/env bash
# The manual pages are well-formed, and each has the sections that readers look for.
. "$(dirname "$0")/lib.sh"
need mandoc
mandoc -T lint -W warning "$root"/man/*.1
for page in "$root"/man/*.1; do
  for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
    mandoc -T ascii "$page" | sed 's/.\x08//g' | has - -x "$section"
  done
done
# A line of an example begins as it is typed, and dashes and quotes come out as such.
mandoc -T utf8 "$root/man/btfx-dump.1" | sed 's/.\x08//g' |
  has - -x "  *btfx -j dump running name 'task_\*' kind struct"
