#!/usr/bin/env bash
# What is installed: the program, its manual pages, completions, documents and examples, and nothing that only the build needs.
. "$(dirname "$0")/lib.sh"
need cmake
cmake --install "$build" --prefix usr >/dev/null
(cd usr && find . -type f | LC_ALL=C sort) >installed
{
  echo ./bin/btfx
  for page in "$root"/man/*.1; do echo "./share/man/man1/$(basename "$page").gz"; done
  for document in "$root"/docs/*.md; do echo "./share/doc/btfx/docs/$(basename "$document")"; done
  for example in "$root"/examples/*-*.sh "$root"/examples/{farm,inventory}.sh "$root"/examples/module/*; do
    [[ $example == */install-dependencies.sh ]] || echo "./share/doc/btfx/examples/${example#"$root/examples/"}"
  done
  printf './share/doc/btfx/%s\n' README.md copyright changelog.gz changelog.Debian.gz LICENSES/BSD-2-Clause.txt \
    LICENSES/GPL-2.0-only.txt
  echo ./share/bash-completion/completions/btfx
  echo ./share/zsh/site-functions/_btfx
  echo ./share/fish/vendor_completions.d/btfx.fish
} | LC_ALL=C sort | same_files installed -
usr/bin/btfx --version | has - -x 'btfx [0-9.]*'
