#!/usr/bin/env bash
# What is installed: the program, its manual pages and completions, and nothing that only the build needs.
. "$(dirname "$0")/lib.sh"
need cmake
cmake --install "$build" --prefix usr >/dev/null
(cd usr && find . -type f | LC_ALL=C sort) >installed
{
  echo ./bin/btfx
  for page in "$root"/man/*.1; do echo "./share/man/man1/$(basename "$page")"; done
  echo ./share/bash-completion/completions/btfx
  echo ./share/zsh/site-functions/_btfx
  echo ./share/fish/vendor_completions.d/btfx.fish
} | LC_ALL=C sort | same_files installed -
usr/bin/btfx --version | has - -x 'btfx [0-9.]*'
