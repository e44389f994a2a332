#!/usr/bin/env bash
# Compares the validator with the running kernel at length: verdict and log of COUNT subjects (default 150,000, seeds
# from 1 on), and of the kernel's own BTF. Takes seconds; needs the right to load BTF (else exit status 77).
#
#   tests/kernel/many.sh [BUILD [COUNT [SEED]]]
set -eu
compare=${1:-build}/tests/compare_with_kernel
"$compare" "${2:-150000}" "${3:-1}"
if [[ -r /sys/kernel/btf/vmlinux ]]; then "$compare" --file /sys/kernel/btf/vmlinux; fi
