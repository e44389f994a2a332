#!/usr/bin/env bash
# The page of a check does in a browser what it promises: it counts, filters and opens, and fetches nothing.
. "$(dirname "$0")/lib.sh"
# shellcheck source=../support/browser.sh
. "$root/tests/support/browser.sh"
browser_or_skip
cp "$DATA"/modules/{tun,veth,loop}.ko.xz .
cp "$old" old && cp "$new" new
echo text >notes.ko
expect 2 btfx check tun.ko.xz veth.ko.xz loop.ko.xz notes.ko -B old -B new --report page.html

cat >script.js <<'JS'
const rows = () => [...document.querySelectorAll('tbody tr')];
const names = () => rows().map(row => row.cells[0].textContent).join(' ');
const type = (id, change) => {
  change(document.getElementById(id));
  for (const kind of ['input', 'change']) document.getElementById(id).dispatchEvent(new Event(kind));
  say(document.getElementById('shown').textContent + ':', names());
};
say('summary:', [...document.querySelectorAll('.summary')].map(line => line.textContent).join('; '));
say('counts:', [...document.querySelectorAll('.count')].map(count => count.textContent).join(', '));
say('heads:', [...document.querySelectorAll('thead th')].map(head => head.textContent).join(' '));
say('rows:', names());
for (const word of ['ok', 'mismatch', 'not checked'])
  say(word + ':', document.querySelectorAll('td[data-word="' + word + '"]').length);

say('# filter');
type('text', text => text.value = 'TUN');
type('text', text => text.value = 'neither');
type('deep', deep => deep.checked = true);
type('text', text => text.value = '');
const press = i => {
  document.querySelectorAll('.count')[i].click();
  say(document.querySelectorAll('.count')[i].ariaPressed + ':', names());
};
press(0);
press(0);
press(2);

say('# sort');
const sort = i => {
  document.querySelectorAll('thead button')[i].click();
  say(document.querySelectorAll('thead th')[i].ariaSort + ':', names());
};
press(2);
sort(0);
sort(0);
sort(0);
sort(1);
sort(3);
sort(3);
sort(3);

say('# details');
const panel = document.getElementById('panel');
say(panel.checkVisibility());
rows()[2].cells[2].click();
say(panel.checkVisibility(), panel.querySelector('h2').textContent);
for (const section of panel.querySelectorAll('section'))
  say(section.querySelector('h3').textContent + ':', section.querySelector('p')?.textContent.slice(0, 33) ?? '-');
document.getElementById('box').dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowUp', bubbles: true}));
say(panel.querySelector('h2').textContent, document.querySelector('tr.selected').cells[0].textContent);
dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}));
say(panel.checkVisibility());

say('# picture');
const [first, second] = document.querySelectorAll('canvas');
const colours = canvas => {
  const copy = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  copy.drawImage(canvas, 0, 0);
  const {data} = copy.getImageData(0, 4, 64, 1);
  return [0, 1, 2, 3].map(square => data.slice(64 * square + 16, 64 * square + 20).join(' '));
};
const ok = colours(first)[0];
say(colours(first).map(colour => colour === ok));
say(colours(second).map(colour => colour === ok));
const edge = second.getBoundingClientRect();
second.dispatchEvent(new MouseEvent('click', {clientX: edge.left + 20, clientY: edge.top + 4, bubbles: true}));
say(panel.querySelector('h2').textContent);
JS
browser_run page.html script.js >said
same_files - said <<'END'
summary: 0 of 4 are ok on all of these; 1 could not be checked
counts: 1 not checked, 3 ok, 3 mismatch, 1 not checked
heads: module old new bytes of BTF
rows: tun.ko.xz veth.ko.xz loop.ko.xz notes.ko
ok: 3
mismatch: 3
not checked: 2
# filter
1 of 4: tun.ko.xz
0 of 4: 
1 of 4: notes.ko
4 of 4: tun.ko.xz veth.ko.xz loop.ko.xz notes.ko
true: notes.ko
false: tun.ko.xz veth.ko.xz loop.ko.xz notes.ko
true: tun.ko.xz veth.ko.xz loop.ko.xz
# sort
false: tun.ko.xz veth.ko.xz loop.ko.xz notes.ko
ascending: loop.ko.xz notes.ko tun.ko.xz veth.ko.xz
descending: veth.ko.xz tun.ko.xz notes.ko loop.ko.xz
null: tun.ko.xz veth.ko.xz loop.ko.xz notes.ko
ascending: notes.ko tun.ko.xz veth.ko.xz loop.ko.xz
descending: tun.ko.xz loop.ko.xz veth.ko.xz notes.ko
ascending: notes.ko veth.ko.xz loop.ko.xz tun.ko.xz
null: tun.ko.xz veth.ko.xz loop.ko.xz notes.ko
# details
false
true loop.ko.xz
old ok: -
new mismatch: error: built for another vmlinux:
veth.ko.xz veth.ko.xz
false
# picture
true,true,true,false
false,false,false,false
veth.ko.xz
END

# The picture of sizes, and what is not ok.
btfx merge -B old loop.ko.xz --minimal -o standalone.btf
btfx rebase standalone.btf -B old -o repeating.btf 2>/dev/null
SOURCE_DATE_EPOCH=86400 expect 2 btfx check tun.ko.xz repeating.btf notes.ko -B old --bloat --report bloat.html
cat >bloat.js <<'JS'
const names = () => [...document.querySelectorAll('tbody th')].map(head => head.textContent).join(' ');
say(document.querySelector('.made').textContent.replace(/^btfx [0-9.]+,/, 'VERSION'));
say(document.querySelector('.sizes > summary').textContent);
say([...document.querySelectorAll('thead th')].map(head => head.textContent).join(' '));
for (const row of document.querySelectorAll('tbody tr'))
  say([...row.cells].slice(2).map(cell => cell.textContent.replaceAll('\u2009', '')).join(' '));
document.getElementById('bad').click();
say(document.getElementById('shown').textContent + ':', names());
document.getElementById('bad').click();
const map = document.querySelector('#sizes canvas'), edge = map.getBoundingClientRect();
say(map.ariaLabel.replaceAll('\u2009', '').slice(0, 110));
const at = {clientX: edge.left + 2, clientY: edge.top + 2, bubbles: true};
map.dispatchEvent(new MouseEvent('mousemove', at));
say(map.title.replaceAll('\u2009', ''));
map.dispatchEvent(new MouseEvent('click', at));
say(document.querySelector('#panel h2').textContent + ':', document.querySelector('#panel .says').textContent.replaceAll('\u2009', ''));
// What is repeated is dark.
const brush = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
Object.assign(brush.canvas, {width: map.width, height: map.height});
brush.drawImage(map, 0, 0);
const colour = (x, y) => brush.getImageData(x, y, 1, 1).data.join(' ');
map.dispatchEvent(new MouseEvent('mousemove', {clientX: edge.right - 3, clientY: edge.top + 9, bubbles: true}));
say(map.title.replaceAll('\u2009', ''));
say(colour(map.width - 4, 9) !== colour(4, map.height - 9));
say(document.querySelector('.sizes .says').textContent.trim());
say(document.documentElement.scrollWidth <= innerWidth);
JS
browser_run bloat.html bloat.js >said
same_files - said <<'END'
VERSION 1970-01-02 00:00 UTC: btfx check tun.ko.xz repeating.btf notes.ko -B old --bloat --report bloat.html
repeated: 8001 types, 554168 bytes in 1 of 3 modules, which btfx dedup drops
module old bytes of BTF repeated bytes
4389 0
558299 554168
0 0
1 of 3: notes.ko
Areas of 3 by bytes of BTF, with repeated bytes dark. The largest: repeating.btf, 558299 bytes of BTF, 554168 
repeating.btf: 558299 bytes of BTF, 554168 repeated bytes
repeating.btf: 558299 bytes of BTF, 554168 repeated bytes
tun.ko.xz: 4389 bytes of BTF, 0 repeated bytes
true
562688 bytes of BTF  554168 repeated bytes
true
END

# Names that have no directory in common are shown in full: absolute ones beside others, and others alone.
expect 1 btfx check "$work/tun.ko.xz" veth.ko.xz -B "$work/old" -B new --report mixed.html
cat >names.js <<'JS'
say([...document.querySelectorAll('thead th')].map(head => head.textContent).join(' '));
say([...document.querySelectorAll('tbody th')].map(head => head.textContent).join(' '));
JS
browser_run mixed.html names.js >said
same_files - said <<END
module $work/old new bytes of BTF
$work/tun.ko.xz veth.ko.xz
END

# What the helper shall notice, it does.
sed 's|</head>|<link rel="stylesheet" href="https://example.com/style.css"></head>|' page.html >fetching.html
expect 1 browser_run fetching.html script.js
has err '^fetched: https://example.com/style.css$'
sed 's|^list.show({$|mistake({|' page.html >throwing.html
expect 1 browser_run throwing.html script.js
has err 'mistake is not defined'
