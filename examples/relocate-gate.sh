#!/usr/bin/env bash
# relocate-gate.sh MODULES ORIGIN KERNEL...: a gate for package builds. Will modules that were built against ORIGIN fit
# each of these KERNELs? Modules may be a directory, files or a package; ORIGIN and KERNELs packages, images or releases.
# Prints the report for every kernel; ends with status 1 when a module does not fit one of them, and 2 when something
# cannot be read.
set -euo pipefail
(($# >= 3)) || { echo "usage: relocate-gate.sh MODULES ORIGIN KERNEL..." >&2; exit 2; }
btfx=${BTFX:-btfx}
modules=$1 origin=$2
shift 2

worst=0
for kernel in "$@"; do
  echo "== $kernel"
  status=0
  "$btfx" relocate "$modules" --from "$origin" -B "$kernel" --dry-run || status=$?
  ((status <= worst)) || worst=$status
done
exit "$worst"
