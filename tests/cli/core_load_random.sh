#!/usr/bin/env bash
# label: slow
# Of 100 objects made at random of guards, settings, functions and variables of the kernel, and targets, core says of none
# that it loads which the running kernel refuses, of none that it fails which loads, and of few that load that they may.
. "$(dirname "$0")/lib.sh"
[[ -r /sys/kernel/btf/vmlinux ]] || skip 'the running kernel has no BTF'
need clang cc jq
cc -O1 -o load "$root/tests/support/load_bpf.c" -lbpf 2>cc.log || skip 'libbpf cannot be linked'
./load 2>load.log || skip 'BPF programs may not be loaded here'
pick() { local at=$((RANDOM % $# + 1)); printf '%s' "${!at}"; } # WORD...: prints one of them
weak=', weak'
declare_extern() { declarations+="extern $1 __attribute__((section(\"$2\")$3));"$'\n'; } # DECLARATION SECTION WEAK
# What a program does: adds to $body and $declarations.
do_something() {
  local word version=$(((RANDOM % 3 * 5 + 4) << 16)) # 4.0, 9.0, 14.0
  case $((RANDOM % 14)) in
    0) body+='if (EXISTS(gone)) r += OFFSET(gone);' ;;
    1) body+='r += OFFSET(pid);' ;;
    2) ((RANDOM % 3)) || body+='r += OFFSET(gone);' ;;
    3)
      declare_extern 'int LINUX_KERNEL_VERSION' .kconfig ''
      body+="if (LINUX_KERNEL_VERSION < $version) r += OFFSET(gone);"
      ;;
    4)
      word=$(pick CONFIG_BPF CONFIG_NO_SUCH CONFIG_SMP CONFIG_NET)
      declare_extern "_Bool $word" .kconfig "$(pick "$weak" "$weak" '')"
      body+="if ($(pick '' '!')$word) r += OFFSET(gone);"
      ;;
    5)
      word=$(pick 'CONFIG_HZ > 0' 'CONFIG_HZ > 100000' 'CONFIG_HZ == 250' 'CONFIG_LOG_BUF_SHIFT < 10')
      declare_extern "int ${word%% *}" .kconfig "$weak"
      body+="if ($word) r += OFFSET(gone);"
      ;;
    6)
      word=$(pick LINUX_HAS_BPF_COOKIE LINUX_HAS_SYSCALL_WRAPPER)
      declare_extern "_Bool $word" .kconfig ''
      body+="if ($(pick '' '!')$word) r += OFFSET(gone);"
      ;;
    7)
      declare_extern 'void bpf_no_such_weak(void)' .ksyms "$weak"
      body+='if (bpf_no_such_weak) bpf_no_such_weak();'
      ;;
    8)
      declare_extern 'void bpf_rcu_read_lock(void)' .ksyms "$weak"
      declare_extern 'void bpf_rcu_read_unlock(void)' .ksyms "$weak"
      body+='if (bpf_rcu_read_lock && bpf_rcu_read_unlock) { bpf_rcu_read_lock(); bpf_rcu_read_unlock(); } else r += OFFSET(gone);'
      ;;
    9)
      declare_extern 'const void bpf_no_such_symbol' .ksyms "$(pick "$weak" "$weak" '')"
      body+='r += (long)&bpf_no_such_symbol != 0;'
      ;;
    10)
      declare_extern 'int bpf_prog_active' .ksyms "$(pick "$weak" '')"
      body+='{ int *at = &bpf_prog_active; if (at) r += OFFSET(pid); }'
      ;;
    11)
      ((RANDOM % 3)) || {
        declare_extern 'void bpf_no_such_strong(void)' .ksyms ''
        body+='bpf_no_such_strong();'
      }
      ;;
    12)
      declare_extern 'void bpf_another_weak(int)' .ksyms "$weak"
      body+='if (bpf_another_weak) r += OFFSET(gone);'
      ;;
    13)
      declare_extern 'int bpf_no_such_variable' .ksyms "$(pick "$weak" '')"
      body+='if (&bpf_no_such_variable) r += OFFSET(gone);'
      ;;
  esac
}
make_object() { # NAME
  local declarations='' body='' target i
  for ((i = RANDOM % 4; i >= 0; i--)); do do_something; done
  target=$(pick kprobe/vfs_read kprobe/no_such_function fentry/vfs_read fentry/no_such_function fexit/vfs_read socket socket \
    tp_btf/sched_switch tp_btf/sched_switch raw_tp/sched_switch tp_btf/no_such_tracepoint tp/sched/sched_switch iter/task xdp)
  case $target in
    f* | tp_btf* | raw_tp* | iter*) body+="$(pick '' 'if (EXISTS(gone))') r += context[$(pick 0 0 1 2 3 4 5)] != 0;" ;;
  esac
  cat >"$1.c" <<C
#define EXISTS(field) __builtin_preserve_field_info(((struct task_struct *)0)->field, 2)
#define OFFSET(field) __builtin_preserve_field_info(((struct task_struct *)0)->field, 0)
struct task_struct { int pid; int gone; } __attribute__((preserve_access_index));
volatile int sink;
$(sort -u <<<"$declarations")
__attribute__((section("$target"), used)) int program(volatile unsigned long long *context) {
  int r = 0;
  $body
  sink = r;
  return 0;
}
char _license[] __attribute__((section("license"), used)) = "GPL";
C
  clang -target bpf -mcpu=v2 -O2 -g -Wno-everything -c "$1.c" -o "$1.o" 2>clang.log || skip 'clang cannot compile for BPF'
}
RANDOM=${SEED:-1}
count=100
for ((n = 1; n <= count; n++)); do make_object "$n"; done
./load {1..100}.o 2>load.log | grep -v ' denied$' | sort >real
{ btfx --json core {1..100}.o -B running || true; } >said.json
jq -r '.results[] | select(.load) | "\(.object)\t\(.load)"' said.json | sort | tr '\t' ' ' >said
same "$count" "$(wc -l <said)"
join real said >both
wrong=$(awk '$2 == "fails" && $3 == "loads" || $2 == "loads" && $3 == "fails"' both)
[[ -z $wrong ]] || fail 'core and the kernel disagree' "$wrong"
same_files <(echo loads fails | tr ' ' '\n' | sort) <(cut -d' ' -f2 real | sort -u) 'there are some of both'
doubtful=$(count both '^[^ ]* loads may')
loading=$(count both '^[^ ]* loads ')
echo "$(wc -l <real) of $count could be tried: $loading load, $doubtful of them may as core says"
((doubtful * 20 <= loading)) || fail "of $loading that load $doubtful are doubtful" "$(grep 'loads may' both)"
