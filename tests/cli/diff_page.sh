#!/usr/bin/env bash
# The page of a comparison works in a browser: it filters by words and severities, opens, and fetches nothing.
. "$(dirname "$0")/lib.sh"
# shellcheck source=../support/browser.sh
. "$root/tests/support/browser.sh"
browser_or_skip
expect 1 btfx diff "$old" "$new" --affects "$DATA/modules" --format html
mv out page.html
cat >script.js <<'JS'
const query = document.getElementById('query'), shown = document.getElementById('shown');
const changes = () => [...document.querySelectorAll('details')].filter(change => change.checkVisibility());
const names = () => changes().map(change => change.querySelector('code').textContent).join(', ');
say(document.querySelector('.answer').textContent);
say(shown.textContent + ':', names());
for (const words of ['PARENT nothing', 'PARENT extcon']) {
  query.value = words;
  query.dispatchEvent(new Event('input'));
  say(shown.textContent + ':', names());
}
const [change] = changes(), body = change.querySelector('pre');
say(body.checkVisibility());
change.querySelector('summary').click();
say(body.checkVisibility());
say(change.querySelector('.refused').textContent);
say(change.querySelector('.added').textContent.trim());
document.querySelector('input[value=layout]').click();
say(shown.textContent);
JS
browser_run page.html script.js >said
same_files - said <<'END'
1 of 22 modules must be rebuilt.
1 of 1: struct device_type
0 of 1: 
1 of 1: struct device_type
false
true
must be rebuilt, embedded: extcon-core
+	bool need_parent_lock; /*    48     1 */
0 of 1
END
