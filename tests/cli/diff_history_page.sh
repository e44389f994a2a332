#!/usr/bin/env bash
# The page of a history works in a browser: timelines with a column for each kernel, a filter, and nothing fetched.
. "$(dirname "$0")/lib.sh"
# shellcheck source=../support/browser.sh
. "$root/tests/support/browser.sh"
browser_or_skip
expect 1 btfx diff "$old" "$new" "$old" --name 'device_type,list_head,kobject,device' --format html
mv out page.html
cat >script.js <<'JS'
const text = document.getElementById('text'), shown = document.getElementById('shown');
const types = () => [...document.querySelectorAll('details.type')].filter(type => type.checkVisibility());
const names = () => types().map(type => type.querySelector('code').textContent).join(', ');
say(shown.textContent + ':', names());
document.getElementById('changed').click();
say(shown.textContent + ':', names());
text.value = 'NEED_parent';
text.dispatchEvent(new Event('input'));
say(shown.textContent + ':', names());
const [type] = types(), table = type.querySelector('table');
say(table.checkVisibility());
type.querySelector('summary').click();
say(table.checkVisibility());
for (const row of table.tBodies[0].rows)
  say([...row.cells].map(cell => cell.textContent + (cell.colSpan > 1 ? ' x' + cell.colSpan : '')).join(' | '));
say(getComputedStyle(table.querySelector('td.layout')).backgroundColor !== getComputedStyle(table).backgroundColor);
say(type.querySelector('.added').textContent.trim());
const order = document.getElementById('order');
text.value = '';
document.getElementById('changed').click();
text.dispatchEvent(new Event('input'));
for (order.value of ['name', 'changes', '']) {
  order.dispatchEvent(new Event('change'));
  say(names());
}
say(document.documentElement.scrollWidth <= innerWidth);
JS
browser_run page.html script.js >said
same_files - said <<'END'
4 of 4: struct device, struct device_type, struct kobject, struct list_head
1 of 4: struct device_type
1 of 4: struct device_type
false
true
the whole | 1 48 bytes | 2 56 bytes | 1 48 bytes
need_parent_lock |  | bool, byte 48 | 
true
+	bool need_parent_lock; /*    48     1 */
struct device, struct device_type, struct kobject, struct list_head
struct device_type, struct device, struct kobject, struct list_head
struct device, struct device_type, struct kobject, struct list_head
true
END
