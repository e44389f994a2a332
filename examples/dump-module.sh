#!/usr/bin/env bash
# dump-module.sh KERNEL MODULE [STRUCT]: the types of a packaged module, or one struct of it, as the kernel sees them.
# KERNEL and MODULE may be as a distribution ships them: vmlinuz or a package, and tun.ko.xz.
set -euo pipefail
(($# == 2 || $# == 3)) || { echo "usage: dump-module.sh KERNEL MODULE [STRUCT]" >&2; exit 2; }
btfx=${BTFX:-btfx}

if (($# == 3)); then
  "$btfx" dump -B "$1" file "$2" kind struct name "$3"
else
  "$btfx" dump -B "$1" file "$2"
fi
