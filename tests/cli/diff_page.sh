#!/usr/bin/env bash
# The page of a comparison works in a browser: it filters by words and severities, sorts, and shows changes and the
# modules to rebuild.
. "$(dirname "$0")/lib.sh"
# shellcheck source=../support/browser.sh
. "$root/tests/support/browser.sh"
browser_or_skip
cp "$old" old && cp "$new" new
expect 1 btfx diff old new --affects "$DATA/modules" --format html
mv out page.html
cat >script.js <<'JS'
const text = document.getElementById('text'), shown = document.getElementById('shown');
const panel = document.getElementById('panel');
const rows = () => [...document.querySelectorAll('tbody tr')];
const cells = row => [...row.cells].map(cell => cell.textContent).join(' | ');
const type = words => {
  text.value = words;
  text.dispatchEvent(new Event('input'));
  say(shown.textContent + ':', rows().map(cells).join('; '));
};
say(document.querySelector('h1').textContent);
say(/^btfx [0-9.]+, [0-9-]+ [0-9:]+ UTC: btfx diff old new --affects .*modules --format html$/.test(
  document.querySelector('.made').textContent));
for (const line of document.querySelectorAll('.summary')) say(line.textContent);
say(shown.textContent + ':', rows().map(cells).join('; '));
type('PARENT nothing');
type('PARENT extcon');
rows()[0].cells[0].click();
say(panel.querySelector('h2').textContent, '-', panel.querySelector('h3').textContent);
say(panel.querySelector('pre .added').textContent.trim());
// The change comes before the modules, of which many would be folded.
say(panel.querySelector('pre').compareDocumentPosition(panel.querySelector('.refused')) === 4);
for (const line of panel.querySelectorAll('p')) say(line.textContent);
const [changes, rebuilds] = document.querySelectorAll('.view');
rebuilds.click();
say(rebuilds.ariaPressed, changes.ariaPressed, panel.hidden);
type('');
rows()[0].cells[0].click();
say([...panel.querySelectorAll('p')].map(line => line.textContent).join('; '));
changes.click();
say(shown.textContent);
say(document.documentElement.scrollWidth <= innerWidth);
JS
browser_run page.html script.js >said
same_files - said <<'END'
old → new
true
old (112748 types) -> new (112768 types)
1 change: 1 layout (1 changed)
1 of 22 modules needs to be rebuilt.
1 of 1: struct device_type | layout | 1 | 1 | 48 -> 56 bytes, member need_parent_lock added at the end
0 of 1: 
1 of 1: struct device_type | layout | 1 | 1 | 48 -> 56 bytes, member need_parent_lock added at the end
struct device_type - layout 48 -> 56 bytes, member need_parent_lock added at the end
+	bool need_parent_lock;  /* 48     1 */
true
must be rebuilt, embedded: extcon-core
true false true
1 of 1: extcon-core | 1 | struct device_type (embedded: member-size)
struct device_type (embedded: member-size)
1 of 1
true
END

# A whole comparison: counts by severity filter, heads sort.
expect 1 btfx diff old new --format html
cat >all.js <<'JS'
const shown = document.getElementById('shown');
const severities = () => [...document.querySelectorAll('tbody tr')].map(row => row.cells[1].textContent);
const counts = [...document.querySelectorAll('.count')];
say(counts.map(count => count.textContent).join(', '));
counts[0].click();
say(shown.textContent, counts[0].ariaPressed, severities().every(word => word === 'layout'));
counts[0].click();
document.getElementById('bad').click();
say(shown.textContent);
document.getElementById('bad').click();
const [name, severity] = document.querySelectorAll('thead button');
severity.click();
say(severities()[0]);
severity.click();
say(severities()[0]);
name.click();
const names = [...document.querySelectorAll('tbody th')].map(cell => cell.textContent);
say(names.join() === [...names].sort(new Intl.Collator('en', {numeric: true}).compare).join());
JS
browser_run out all.js >said
same_files - said <<'END'
7 layout, 19 signature, 18 compatible
7 of 44 true true
26 of 44
layout
compatible
true
END
