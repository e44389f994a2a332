#!/usr/bin/env bash
# Writes a module, unpacked and without the signature that is appended to it.
# Usage: unsigned.sh MODULE[.xz] TO
set -euo pipefail
case $1 in
  *.xz) xz -dc "$1" >"$2" ;;
  *) cat "$1" >"$2" ;;
esac
[[ $(tail -c 28 "$2" | tr -d '\0') == '~Module signature appended~' ]] || exit 0
# Before that mark are twelve bytes about the signature, the last four of them its length.
read -r length < <(tail -c 32 "$2" | od -An -tu4 --endian=big -N 4)
truncate -s -$((28 + 12 + length)) "$2"
