#!/usr/bin/env bash
# Layouts answer what pahole is asked: holes, contains, pointers-to, sizes and expand, as text and as JSON.
. "$(dirname "$0")/lib.sh"
need clang jq
cat >some.c <<'END'
struct inner { int i; char c; };
typedef struct inner inner_t;
struct node { struct node *next; };
struct one { char a; long b; char c; struct inner in; };
struct two { inner_t pair[2]; struct { struct node *head; struct node nodes[3]; } list; };
struct three { char a; struct inner *far; char b; long l; const inner_t *const *all; };
struct one v1; struct two v2; struct three v3;
END
clang -target bpf -g -c some.c -o some.o 2>/dev/null || skip 'clang does not compile for BPF'

is() { # WANTED ARGUMENT...
  same "$1" "$(btfx dump some.o format layout "${@:2}")" "${*:2}"
}
head='      size cachelines members holes hole bytes padding  name'
is "$head
        48          1       2     0          0       0  struct two
        40          1       5     2         14       0  struct three
        32          1       4     2         10       4  struct one
         8          1       2     0          0       3  struct inner
         8          1       1     0          0       0  struct node" sizes
is "$head
        40          1       5     2         14       0  struct three
        32          1       4     2         10       4  struct one" holes 1 sizes
is "$head
        40          1       5     2         14       0  struct three" sizes holes 11B
is "$head
        48          1       2     0          0       0  struct two: pair
        32          1       4     2         10       4  struct one: in" contains inner sizes
is "$head
        48          1       2     0          0       0  struct two: list.nodes" contains 'struct nod?' sizes
is "$head
        40          1       5     2         14       0  struct three: far, all" pointers-to inner sizes
is "$head
        40          1       5     2         14       0  struct three: all" pointers-to inner_t sizes
is "$head
        48          1       2     0          0       0  struct two: pair, list.head" contains inner pointers-to node sizes
is 'struct one {
	char a;                                          /*      0        1 */
	/* hole: 7 bytes */
	long b;                                          /*      8        8 */
	char c;                                          /*     16        1 */
	/* hole: 3 bytes */
	struct inner {
		int i;                                   /*     20        4 */
		char c;                                  /*     24        1 */
	} in;                                            /*     20        8 */
	/* 3 bytes of padding in it */

	/* size: 32, cachelines: 1, members: 4 */
	/* sum members: 18, holes: 2, sum holes: 10 */
	/* padding: 4 */
	/* paddings: 1, sum paddings: 3 */
	/* last cacheline: 32 bytes */
};' expand name one

# No match is a negative answer; a type that does not exist is misspelt.
no() { # ERRORS ARGUMENT...
  expect 1 btfx dump some.o "${@:2}"
  same "$1" "$(cat err out)"
}
no '' format layout holes 3
no '' format layout contains three
no "btfx: warning: no type has a name like 'inner_s'; did you mean 'inner_t'?" format layout contains inner_s
no "btfx: warning: no type has a name like 'struct iner'; did you mean 'inner'?" format layout pointers-to 'struct iner'

refused() { # MESSAGE ARGUMENT...
  expect 2 btfx dump some.o "${@:2}"
  same "btfx: error: $1" "$(sed "s/ (see 'btfx dump --help')//" err out)"
}
refused "'sizes' asks about layouts: add \`format layout\`" sizes
refused "'0' is not a number of holes or bytes" format layout holes 0
refused "'manyB' is not a number of holes or bytes" format layout holes manyB

json() { btfx -j dump some.o format layout "$@"; }
[[ $(json sizes contains inner | jq -c '[.results[] | [.name, .size, .matches, has("members")]]') == \
  '[["two",48,["pair"],false],["one",32,["in"],false]]' ]]
[[ $(json expand name one | jq -c '.results[0] | .paddings, .members[3].padding, [.members[3].members[].offset]') == \
  $'1\n3\n[20,24]' ]]

# Of every struct of a kernel, members, holes and padding add up to its size.
xz -dc "$DATA/vmlinux-6.12.115.btf.xz" >base.btf
btfx -j dump base.btf format layout sizes >sizes.json
[[ $(jq '.results | length' sizes.json) -gt 8000 ]]
[[ $(jq -c '[.results[] | select(.kind == "STRUCT") |
  select(8 * .sum_members + .sum_bitfields + 8 * .sum_holes + .sum_bit_holes + 8 * .padding + .bit_padding !=
    8 * .size + (.overlap // 0) + (.outside // 0)) | .name]' sizes.json) == '[]' ]]
