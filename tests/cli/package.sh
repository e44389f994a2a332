#!/usr/bin/env bash
# label: slow
# What `cmake --install` and the packages put where, and that the package runs.
source "$(dirname "$0")/lib.sh"
for program in cpack dpkg-deb dpkg-shlibdeps; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done
[[ -e $build/CPackConfig.cmake ]] || skip "this build makes no packages"

cpack -G DEB --config "$build/CPackConfig.cmake" -B "$PWD" >made 2>&1 || fail "no package:" "$(cat made)"
package=(btfx_*.deb)
dpkg-deb --extract "${package[0]}" root
for file in bin/btfx share/man/man1/btfx.1.gz share/man/man1/btfx-dedup.1.gz share/bash-completion/completions/btfx \
  share/zsh/site-functions/_btfx share/fish/vendor_completions.d/btfx.fish share/doc/btfx/copyright share/doc/btfx/README.md \
  share/doc/btfx/LICENSES/GPL-2.0-only.txt share/doc/btfx/changelog.gz share/doc/btfx/docs/distill.md \
  share/doc/btfx/examples/update-gate.sh; do
  [[ -f root/usr/$file ]] || fail "the package has no usr/$file"
done
same "$("$BTFX" --version)" "$(root/usr/bin/btfx --version)"
[[ $(readelf -SW root/usr/bin/btfx) != *.debug_info* ]] || fail "the program in the package is not stripped"
if command -v lintian >/dev/null; then
  errors=$(lintian --tag-display-limit 0 --fail-on none "${package[0]}" 2>&1 | grep '^E:' || true)
  same "" "$errors" "lintian finds errors"
fi
