#!/usr/bin/env bash
# inventory.sh PACKAGE|DIRECTORY...: which modules carry BTF, and which of them bring a distilled base along?
# Ends with status 1 when a module carries no BTF, so that a package build can stop there.
set -euo pipefail
(($# > 0)) || { echo "usage: inventory.sh PACKAGE|DIRECTORY..." >&2; exit 2; }
btfx=${BTFX:-btfx}

"$btfx" list "$@" | awk '
  $1 == "TYPES" { next }
  $7 == "none"  { without[++n] = $NF; next }
                { count[$7]++; types += $1; bytes += $3 + ($4 == "-" ? 0 : $4) }
  $7 == "distilled" { print "distilled:", $NF, "base of", $4, "bytes" }
  END {
    for (i = 1; i <= n; i++) print "no BTF:   ", without[i]
    printf "%d split, %d distilled, %d standalone, %d without BTF; %d types in %d bytes\n",
           count["split"], count["distilled"], count["standalone"], n, types, bytes
    exit n > 0
  }'
