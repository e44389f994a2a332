#!/usr/bin/env bash
# The version and the help are there without any input.
set -eu
"$BTFX" --version >/dev/null
"$BTFX" --help >/dev/null
