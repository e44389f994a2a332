#!/usr/bin/env bash
# The page of layouts works in a browser: it lists structs, filters and sorts them, and draws the bytes of one.
. "$(dirname "$0")/lib.sh"
# shellcheck source=../support/browser.sh
. "$root/tests/support/browser.sh"
need jq
cp "$new" new
expect 0 btfx dump new format layout name 'device_type,inode,in_addr,in6_addr'
mv out text
expect 0 btfx dump new format layout name 'device_type,inode,in_addr,in6_addr' --report page.html
same_files text out
expect 0 btfx -j dump new format layout name device_type --report one.html
same device_type "$(jq -r '.results[].name' out)"
has one.html '<h1>Layouts: new</h1>'

# Only layouts have a page, which replaces nothing that is read, and stays when there is nothing to show.
expect 2 btfx dump new --report page2.html
has err '--report writes a page of layouts: add .format layout.'
expect 2 btfx dump new format layout --report new
has err 'new: --report would overwrite the input new'
expect 2 btfx dump new format layout --report -
has err '--report: standard output is taken'
expect 2 btfx dump new format layout -o both --report both
echo old >kept
expect 1 btfx dump new format layout name nosuch_struct --report kept
expect 1 btfx dump new format layout name device_type holes 100 --report kept
same old "$(cat kept)"

browser_or_skip
cat >script.js <<'JS'
const text = document.getElementById('text'), shown = document.getElementById('shown');
const rows = () => [...document.querySelectorAll('tbody')[0].rows];
const cells = row => [...row.cells].map(cell => cell.textContent).join(' | ');
const panel = document.getElementById('panel');
say(document.querySelector('.summary').textContent);
say([...document.querySelectorAll('thead')[0].rows[0].cells].map(cell => cell.textContent).join(' | '));
for (const row of rows()) say(cells(row));
document.querySelectorAll('thead button')[1].click();
say(rows()[0].cells[0].textContent);
document.getElementById('bad').click();
say(shown.textContent + ':', rows().map(row => row.cells[0].textContent).join(', '));
document.getElementById('bad').click();
text.value = 'NEED_parent';
text.dispatchEvent(new Event('input'));
say(shown.textContent);
rows()[0].cells[0].click();
say(panel.querySelector('h2').textContent, '-', panel.querySelector('.says').textContent);
for (const title of panel.querySelectorAll('rect title')) say(title.textContent);
say(panel.querySelector('svg').getAttribute('aria-label'));
say(panel.querySelectorAll('.hole').length);
say([...panel.querySelectorAll('.members tbody tr')].map(cells).join('; '));
const [first] = panel.querySelectorAll('.member');
first.dispatchEvent(new MouseEvent('click', {bubbles: true}));
say(panel.querySelectorAll('.chosen').length);
say(document.documentElement.scrollWidth <= innerWidth);
JS
browser_run page.html script.js >said
same_files - said <<'END'
4 types, 700 bytes; 1 with holes, 8 bytes in all
name | size | cachelines | members | holes | hole bytes | padding
struct inode | 624 | 10 | 57 | 2 | 8 | 
struct device_type | 56 | 1 | 7 |  |  | 7
struct in6_addr | 16 | 1 | 1 |  |  | 
struct in_addr | 4 | 1 | 1 |  |  | 
struct inode
1 of 4: struct inode
1 of 4
struct device_type - 56 bytes, 1 cacheline, 7 members, 0 holes, 0 bytes, padding 7 bytes
name: byte 0, 8 bytes, const char *
groups: byte 8, 8 bytes, const struct attribute_group **
uevent: byte 16, 8 bytes, int (*)(const struct device *, struct kobj_uevent_env *)
devnode: byte 24, 8 bytes, char *(*)(const struct device *, umode_t *, kuid_t *, kgid_t *)
release: byte 32, 8 bytes, void (*)(struct device *)
pm: byte 40, 8 bytes, const struct dev_pm_ops *
need_parent_lock: byte 48, 1 byte, bool
padding, byte 49, 7 bytes
Bytes of struct device_type: cachelines 1, holes 1
1
0 | 8 | const char * name; 8 | 8 | const struct attribute_group ** groups; 16 | 8 | int (*)(const struct device *, struct kobj_uevent_env *) uevent; 24 | 8 | char *(*)(const struct device *, umode_t *, kuid_t *, kgid_t *) devnode; 32 | 8 | void (*)(struct device *) release; 40 | 8 | const struct dev_pm_ops * pm; 48 | 1 | bool need_parent_lock;  | 7 | padding
1
true
END
