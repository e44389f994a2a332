#!/usr/bin/env bash
# The page of a check does in a browser what it promises: it counts, filters and opens, and fetches nothing.
set -eu
# shellcheck source=tests/support/browser.sh
. "$(dirname "$0")/../support/browser.sh"
browser_or_skip
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cp "$DATA"/modules/{tun,veth,loop}.ko.xz "$work"
cp "$DATA/vmlinux-6.12.115.btf.xz" "$work/old" && cp "$DATA/vmlinux-6.12.117.btf.xz" "$work/new"
echo text >"$work/notes.ko"
cd "$work"
"$BTFX" check tun.ko.xz veth.ko.xz loop.ko.xz notes.ko -B old -B new --report page.html >/dev/null 2>&1 || [[ $? == 2 ]]

cat >script.js <<'JS'
const rows = () => [...document.querySelectorAll('tbody tr')].filter(row => row.checkVisibility());
say(rows().length, 'rows');
for (const word of ['ok', 'mismatch', 'unreadable'])
  say(word, document.querySelectorAll('td[data-word="' + word + '"]').length);
const text = document.getElementById('text');
text.value = 'TUN';
text.dispatchEvent(new Event('input'));
say(rows().map(row => row.cells[0].textContent), document.getElementById('shown').textContent);
const paragraph = rows()[0].querySelector('details p');
say(paragraph.checkVisibility());
rows()[0].querySelector('summary').click();
say(paragraph.checkVisibility(), paragraph.textContent.slice(0, 33));
JS
browser_run page.html script.js >said
diff - said <<'END'
4 rows
ok 3
mismatch 3
unreadable 1
tun.ko.xz 1 of 4
false
true error: built for another vmlinux:
END

# What the helper shall notice, it does.
sed 's|</head>|<link rel="stylesheet" href="https://example.com/style.css"></head>|' page.html >fetching.html
browser_run fetching.html script.js >/dev/null 2>faults && exit 1
grep -q '^fetched: https://example.com/style.css$' faults
sed 's|^filter();$|mistake();|' page.html >throwing.html
browser_run throwing.html script.js >/dev/null 2>faults && exit 1
grep -q 'mistake is not defined' faults
