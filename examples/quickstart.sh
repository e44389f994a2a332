#!/usr/bin/env bash
# Builds btfx, then shows the types of a kernel module that lies in tests/data as it was packaged: split BTF in a
# compressed module, on the types of its vmlinux.
set -euo pipefail
cd "$(dirname "$0")/.."

examples/install-dependencies.sh
cmake --preset release -DBUILD_TESTING=OFF >/dev/null
cmake --build --preset release
set -x
build/btfx dump file tests/data/modules/dummy.ko.xz -B tests/data/vmlinux-6.12.115.btf.xz
