#!/usr/bin/env bash
# Types are followed through three kernels and more: which of them share a type, what became of a member, JSON and page. And
# what is the same for two kernels: --report and --stat.
. "$(dirname "$0")/lib.sh"
need jq
ln -s "$old" vmlinux-6.12.115-amd64.btf.xz
ln -s "$new" vmlinux-6.12.117-amd64.btf.xz
ln -s "$old" vmlinux-6.12.200-amd64.btf.xz
kernels=(vmlinux-6.12.{115,117,200}-amd64.btf.xz)

expect 1 btfx diff "${kernels[@]}" --name device_type
same_files - out <<'END'
3 kernels: 6.12.115, 6.12.117, 6.12.200
1 type: 1 changed, 0 the same in all kernels

struct device_type: 2 layouts in 3 kernels
  6.12.115  48 bytes
  6.12.117  56 bytes  layout: 48 -> 56 bytes, member need_parent_lock added at the end
  6.12.200  48 bytes  layout: 56 -> 48 bytes, member need_parent_lock removed: as in 6.12.115

@@ 6.12.115 -> 6.12.117 @@ layout: 48 -> 56 bytes, member need_parent_lock added at the end
 struct device_type {
 	...
 	void (*release)(struct device *);               /*    32     8 */
 	const struct dev_pm_ops *pm;                    /*    40     8 */
+	bool need_parent_lock;                          /*    48     1 */
 };                                                     /* size: 48 -> 56 */

@@ 6.12.117 -> 6.12.200 @@ layout: 56 -> 48 bytes, member need_parent_lock removed
 struct device_type {
 	...
 	void (*release)(struct device *);               /*    32     8 */
 	const struct dev_pm_ops *pm;                    /*    40     8 */
-	bool need_parent_lock;                          /*    48     1 */
 };                                                     /* size: 56 -> 48 */
END
expect 1 btfx diff "${kernels[@]}" --name device_type.need_parent_lock,device_type.pm
same_files - out <<'END'
3 kernels: 6.12.115, 6.12.117, 6.12.200
1 type: 1 changed, 0 the same in all kernels

struct device_type, pm: in all 3 kernels
  6.12.115 to 6.12.200 (3)  pm  const struct dev_pm_ops *  byte 40
struct device_type, need_parent_lock: from 6.12.117 until 6.12.117
  6.12.115  absent
  6.12.117  need_parent_lock  bool  byte 48
  6.12.200  absent
END

# What is the same, and what is not there at all.
expect 0 btfx diff "${kernels[@]}" --name list_head,device_type.pm
has out '^The same in all kernels: struct list_head$'
expect 1 btfx diff "${kernels[@]}" --name lst_head
has err "^btfx: warning: nothing is called 'lst_head' in any of these kernels; did you mean 'list_head'?$"
expect 1 btfx diff "${kernels[@]}" --name list_head.previous
has err "^btfx: warning: 'list_head' has no 'previous' in any of these kernels$"
expect 0 btfx diff "${kernels[@]}" --name 'no_such_*'
has out '^Nothing changed of what was asked for\.$'

# Two kernels are compared, unless their history is asked for; several are not guessed at.
expect 1 btfx diff "$old" "$new" --name device_type
has out '^--- '
expect 1 btfx diff "$old" "$new" --name device_type --history --stat
same '1 type: 1 changed, 0 the same in all kernels|Changes: 1 at 6.12.117' "$(sed 1d out | paste -sd '|')"
expect 1 btfx diff "$old" "$new" --history --only struct --severity layout --summary
same 7 "$(count out '^struct ')"
expect 2 btfx diff "${kernels[@]}"
has err "unexpected argument '${kernels[2]}': .* more than two kernels need --name or --history"
expect 2 btfx diff "${kernels[@]}" --history --affects "$DATA/modules"
has err '--affects, --old-base and --new-base need two kernels'

expect 1 btfx -j diff "${kernels[@]}" --name device_type.need*
same 'from 6.12.117 until 6.12.117' "$(jq -r '.results[].elements[].story' out)"
same '1 2 1' "$(jq -r '[.results[].stages[].layout] | join(" ")' out)"
expect 1 btfx diff "${kernels[@]}" --name device_type --report page.html --stat
same 3 "$(count out '')"
has page.html '<h1>struct device_type</h1>'
expect 1 btfx diff "${kernels[@]}" --name device_type --format html
same_files <(grep -v '^<p class="made">' page.html) <(grep -v '^<p class="made">' out)
cp "$new" own.btf.xz
expect 2 btfx diff "$old" "$old" own.btf.xz --name list_head --report own.btf.xz
has err '--report would overwrite the input own.btf.xz'
cmp "$new" own.btf.xz

# Two kernels.
expect 1 btfx diff "$old" "$new" --affects "$DATA/modules" --stat --report page.html
same_files - out <<END
$old (112748 types) -> $new (112768 types)
1 change: 1 layout (1 changed)
1 of 22 modules needs to be rebuilt.
END
expect 1 btfx diff "$old" "$new" --affects "$DATA/modules" --format html
same_files <(grep -v '^<p class="made">' page.html) <(grep -v '^<p class="made">' out)
expect 1 btfx diff "$old" "$new" --stat
same 'Modules were not judged.' "$(tail -n 1 out)"
expect 2 btfx diff "$old" "$new" --report -
