#!/usr/bin/env bash
# The version and the help are there without any input.
. "$(dirname "$0")/lib.sh"
btfx --version >/dev/null
btfx --help >/dev/null
# What is loaded before anything is packed costs every run.
! ldd "$btfx_itself" | grep libarchive || fail "it is linked with libarchive"
