#!/usr/bin/env bash
# pictures.sh MODULES ORIGIN NEW: makes the pictures of pages that the documents show again, of modules on the vmlinux they
# were built with and on a newer one. Needs chromium, and uses optipng if there is one.
set -euo pipefail

[ $# = 3 ] || { echo "usage: pictures.sh MODULES ORIGIN NEW" >&2 && exit 2; }
modules=$(realpath "$1") origin=$(realpath "$2") new=$(realpath "$3")
btfx=$(realpath "${BTFX:-$(dirname "$0")/../build/btfx}")
cd "$(dirname "$0")"
pictures=$PWD pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
# A page names its inputs as they are given.
cd "$pages"
ln -s "$modules" modules
ln -s "$origin" "$new" .

picture() { # NAME: of the page $pages/NAME.html
  chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --window-size=1200,760 --virtual-time-budget=4000 \
    --screenshot="$pictures/$1.png" "file://$pages/$1.html" >/dev/null 2>&1
  ! command -v optipng >/dev/null || optipng -quiet -o5 "$pictures/$1.png"
}

"$btfx" check modules/ -B "$(basename "$origin")" -B "$(basename "$new")" --bloat --report check-page.html >/dev/null || [ $? = 1 ]
picture check-page
