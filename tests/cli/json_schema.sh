#!/usr/bin/env bash
# The JSON that comes out has the fields of tests/schema, of these types and no others, each of which comes out at least once
# unless it is marked as rare; the manual page names each of them.
# A schema maps the place of a field to its types; [] is any item of a list, * any key. "finding" stands for the fields of a
# finding. A type that ends in ? is rare. To write the schemas anew from what comes out: UPDATE=1 tests/cli/json_schema.sh,
# and read the difference.
# label: slow
. "$(dirname "$0")/lib.sh"
need jq objcopy
schemas=$root/tests/schema

document() { # SCHEMA STATUS ARGUMENT...: runs btfx, keeps the document
  expect "$2" btfx -j "${@:3}"
  jq -e 'type == "object"' out >/dev/null || fail "${*:3}: not one JSON object"
  mkdir -p "documents/$1"
  mv out "documents/$1/$((++documents)).json"
}
documents=0
xz -dc "$DATA/modules/nf_conntrack.ko.xz" >nf_conntrack.ko
xz -dc "$DATA/modules/dummy.ko.xz" >dummy.ko
objcopy -R .BTF dummy.ko bare.ko
head -c 20000 nf_conntrack.ko >cut.ko
btfx distill dummy.ko -B "$old" --strip-signature -o distilled.ko -q
btfx distill "$DATA/modules/extcon-core.ko.xz" -B "$old" --strip-signature -o extcon.ko -q
# An ENUM of 3 bytes.
printf '\237\353\1\0\30\0\0\0\0\0\0\0\14\0\0\0\14\0\0\0\3\0\0\0\1\0\0\0\0\0\0\6\3\0\0\0\0e\0' >odd.btf
btfx merge -B "$old" dummy.ko --minimal -o standalone.btf
btfx rebase standalone.btf -B "$old" -o repeating.btf 2>/dev/null
mkdir kernels one two
xz -dc "$old" | tee kernels/old.btf one/vmlinux >two/vmlinux
cp "$DATA"/modules/{tun,veth}.ko.xz one
cp "$DATA"/modules/{tun,loop}.ko.xz two

for object in probe guards; do btfx extract "$DATA/bpf/$object.bpf.o"; done >several.btf
document list 0 list several.btf
document list 2 list "$DATA/modules" distilled.ko bare.ko cut.ko "$old" missing
document check 2 check "$DATA/modules" extcon.ko "$DATA"/out-of-tree/*.ko repeating.btf cut.ko -B "$old" -B "$new" -B missing --bloat
document check 1 check odd.btf -B none
document check 0 check dummy.ko --find-base kernels
document diff 1 diff "$old" "$new" --affects "$DATA/modules"
document diff 1 diff "$DATA/modules/e1000.ko.xz" "$DATA/modules/nf_conntrack.ko.xz" -B "$old"
document diff 1 diff one two
document diff-history 1 diff "$old" "$new" "$old" --name 'device_type,pid_type.PIDTYPE_PID,task_struct.in_execve,khugepaged*'
document diff-history 1 diff "$old" "$new" --history --only func,enum
document distill 2 distill nf_conntrack.ko dummy.ko distilled.ko cut.ko -B "$old" --output-dir distilled
document dedup 2 dedup nf_conntrack.ko repeating.btf cut.ko -B "$old" --output-dir deduped
cp nf_conntrack.ko in_place.ko
document dedup 0 dedup in_place.ko -B "$old" --in-place --strip-signature
document relocate 2 relocate "$DATA/modules" cut.ko --from "$old" -B "$new" --output-dir relocated
document relocate 1 relocate extcon.ko -B "$new" --strict
document resolve-ids-list 0 resolve-ids --list nf_conntrack.ko -B "$old"
document resolve-ids 0 resolve-ids nf_conntrack.ko -B "$old" --force --no-sort
document merge 2 merge -B "$old" dummy.ko "$DATA/out-of-tree/demo-split.ko" missing -o merged.btf
document extract 0 extract dummy.ko --section .BTF -o extracted.btf
document rebase 0 rebase standalone.btf -B "$old" -o rebased.btf
document core 2 core "$DATA"/bpf/*.bpf.o dummy.ko -B "$old" -B missing --modules "$DATA/modules/nf_conntrack.ko.xz"
document core 2 core "$DATA"/bpf/{conntrack,guards}.bpf.o -B "$old" --modules "$DATA/modules" missing.ko
document core 0 core "$DATA/bpf/probe.bpf.o"
printf '# Linux/x86 6.12.115 Kernel Configuration\nCONFIG_HZ=250\n' >config
document core 1 core "$DATA"/loads/*.bpf.o -B "$old" --kconfig config
document core 0 core "$DATA/loads/externs.bpf.o"
document dump 0 dump "$old" name 'zone*'
document dump 0 dump file "$DATA/bpf/fileage.bpf.o"
document dump-layout 0 dump "$old" name 'task_struct' name 'sk_buff' name 'page' format layout

# shellcheck disable=SC2016,SC2094  # jq's variables
# The fields of a document and their types, a line each: results[].module<TAB>string.
fields='
  [paths as $path | [($path | map(if type == "number" then "[]" else "." + . end) | join("") | ltrimstr(".")), (getpath($path) | type)]] |
  unique[] | .[0] |= gsub("(?<members>[.]members\\[\\])+"; ".members[]") |
  .[0] |= gsub("^(?<map>summary[.]kinds|summary[.]verdicts)[.][^.]*$"; "\(.map).*") | @tsv'
finding=$(jq -c . "$schemas/finding.json")
for directory in documents/*; do
  name=${directory#documents/} schema=$schemas/${directory#documents/}.json
  for file in "$directory"/*; do jq -r "$fields" "$file"; done | LC_ALL=C sort -u >came
  if [[ -n ${UPDATE-} ]]; then
    cat "$schema" >before 2>/dev/null || echo '{}' >before
    jq -Rn --slurpfile before before --argjson finding "$finding" '
      [inputs | split("\t")] as $came |
      ([$came[] | select(.[0] | endswith(".code")) | .[0] | rtrimstr(".code")] | unique) as $findings |
      [$came[] | select(.[0] as $path | all($findings[]; . as $at | $path | startswith($at + ".") | not) or
        ([$findings[] as $at | $path | select(startswith($at + ".")) | ltrimstr($at + ".") | select(in($finding))] == []))] |
      group_by(.[0]) | map({key: .[0][0], value: (map(.[1]) | join("|"))}) |
      map(if .key as $key | any($findings[]; . == $key) then .value |= sub("object"; "finding") else . end) |
      ($before[0] | with_entries(select(.value | endswith("?")))) + from_entries' came >updated
    mv updated "$schema"
  fi
  # Types that are documented, in the same form; then what is only there, and only here.
  jq -r --argjson finding "$finding" 'to_entries[] | (.value | endswith("?")) as $rare | .key as $key |
    .value | rtrimstr("?") | split("|")[] |
    if . == "finding" then ([$key, "object", $rare], ($finding | to_entries[] | ["\($key).\(.key)", (.value | rtrimstr("?")), true]))
    else [$key, ., $rare] end | @tsv' "$schema" | LC_ALL=C sort -u >documented
  cut -f 1,2 documented | LC_ALL=C sort -u >allowed
  awk -F '\t' '$3 != "true" { print $1 "\t" $2 }' documented | LC_ALL=C sort -u >wanted
  same '' "$(LC_ALL=C comm -13 allowed came)" "$name: comes out, and is not in $schema"
  same '' "$(LC_ALL=C comm -23 wanted came)" "$name: is in $schema, and does not come out"

  # The manual page: what the list of fields names is in the schema, and what is in the schema is named.
  sed -n '/^# JSON/,/^# [^J]/p' "$root/cmd/manual/${name%-[lh]*}.txt" >page
  words=$(tr -c 'a-z0-9_' '\n' <page | sort -u)
  unnamed=$(jq -r 'keys[]' "$schema" | sed 's/\[\]//g; s/\.\*$//; s/.*\.//' | sort -u | comm -23 - <(echo "$words"))
  # What it describes in other words: "old and new type, name, offset, value, ...", and statuses "as in the listing".
  case $name in
    diff*) unnamed=$(grep -vxE '(new|old)_(bit_offset|bytes|index|name|type)|spot' <<<"$unnamed") || true ;;
    resolve-ids-list) unnamed=$(grep -vxE 'missing|ok|outside|stale|unjudged|unused' <<<"$unnamed") || true ;;
  esac
  same '' "$unnamed" "$name: is in $schema, and not in the manual page"
done
same '' "$(cd documents && comm -3 <(printf '%s.json\n' * finding | sort) <(cd "$schemas" && printf '%s\n' * | sort))" 'schemas and commands'
