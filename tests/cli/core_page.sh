#!/usr/bin/env bash
# The page of core shows in a browser what each kernel gives, filters, and tells details on click.
. "$(dirname "$0")/lib.sh"
# shellcheck source=../support/browser.sh
. "$root/tests/support/browser.sh"
browser_or_skip
cp "$old" old && cp "$DATA"/bpf/*.bpf.o .
# A kernel that has nothing but what fileage asks for.
btfx core fileage.bpf.o -B old --minimal small >/dev/null
expect 1 btfx core fileage.bpf.o blockage.bpf.o -B old -B small --report page.html
mv out text
expect 1 btfx core fileage.bpf.o blockage.bpf.o -B old -B small --format html
same_files <(grep -v '^<p class="made">' page.html) <(grep -v '^<p class="made">' out)

cat >script.js <<'JS'
const rows = () => [...document.querySelectorAll('tbody tr')];
const cells = row => [...row.cells].map(cell => cell.textContent).join(' | ');
for (const line of document.querySelectorAll('.summary')) say(line.textContent);
say('counts:', [...document.querySelectorAll('.count')].map(count => count.textContent).join(', '));
say('shown:', document.getElementById('shown').textContent);
const text = document.getElementById('text');
text.value = 'mtime';
text.dispatchEvent(new Event('input'));
for (const row of rows()) say(cells(row));
text.value = '';
document.getElementById('bad').click();
say('may fail:', document.getElementById('shown').textContent);
document.getElementById('bad').click();
say('legend:', [...document.querySelectorAll('.legend dt')].map(word => word.textContent).join(', '));
text.dispatchEvent(new Event('input'));
[...document.querySelectorAll('.count')].find(count => count.textContent === '1 poison').click();
for (const row of rows()) say(cells(row));
rows()[0].cells[1].click();
for (const line of document.querySelectorAll('#panel h2, #panel section:first-of-type > *')) say(line.textContent);
JS
browser_run page.html script.js >said
same_files - said <<'END'
1 of 2 objects load on all of these
blockage.bpf.o: loads on 0 of 2 kernels; fails on small (1 program fails verification); may load on old (1 unguarded poisoned instruction); cannot be attached on small (1 program); 8 values differ across kernels
counts: 1 poison, 30 ok, 1 poison (guarded), 9 poison, 22 ok, 1 poison (guarded)
shown: 32 of 32
fileage.bpf.o: inode.i_mtime_sec field_exists | ok 1 | ok 1
fileage.bpf.o: inode.i_mtime_sec byte_off | ok 96 | ok 96
fileage.bpf.o: inode___timespec.i_mtime.tv_sec byte_off | poison (guarded) | poison (guarded)
may fail: 9 of 32
legend: ok, ok (warning), absent, poison, poison (guarded), poison (optional), ambiguous, error
blockage.bpf.o: block_device___numbered.bd_partno byte_off | poison | poison
blockage.bpf.o: block_device___numbered.bd_partno byte_off
old poison
blockage.bpf.o: completed, instruction 45, ./blockage.bpf.c:35
    place.partition = BPF_CORE_READ(numbered, bd_partno);
  asks <byte_off> [172] struct block_device___numbered.bd_partno (0:0 @ offset 0) = 0
  poison: struct block_device has no member 'bd_partno'
  not [1242] in vmlinux: struct block_device has no member 'bd_partno'
END
