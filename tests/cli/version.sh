#!/usr/bin/env bash
# The version and the help are there without any input.
. "$(dirname "$0")/lib.sh"
btfx --version >/dev/null
btfx --help >/dev/null
