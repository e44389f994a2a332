#!/usr/bin/env bash
# Poison is guarded where the program's own questions keep the verifier away from it, through calls and the addresses of
# functions, too; a question that is asked beside the access, or the wrong way round, does not help.
. "$(dirname "$0")/lib.sh"
verdicts() { # KERNEL: of each function that holds poison, whether it is guarded
  { btfx --json core "$DATA/bpf/guards.bpf.o" -B "$1" || true; } |
    tr '{' '\n' | sed -nE 's/.*"program":"([^"]*)".*"verdict":"poison","guarded":([a-z]*).*/\1 \2/p'
}
same_files - <(verdicts "$new") <<'WANTED'
for_all true
called_if_there true
called_if_not false
each true
straight false
wrong false
stack true
WANTED
