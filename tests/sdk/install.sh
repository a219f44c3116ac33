#!/bin/sh
# install.sh CMAKE BUILD WORK: installs into a prefix, moves that to WORK/stator, and looks whether it is whole there.
set -eu
build=$2
work=$3
prefix=$work/stator
fail() { echo "$*" >&2; exit 1; }

rm -rf "$work"
mkdir -p "$work"
"$1" --install "$build" --prefix "$work/elsewhere" >/dev/null
mv "$work/elsewhere" "$prefix"
(cd "$prefix" && find . -type f | sort) >"$work/installed.list"

# Nothing remembers where it was built, or where it was put first.
remembers=$(grep -rlF -e "$build" -e "$work/elsewhere" "$prefix") && fail "these name a place of before: $remembers"

# Every library finds its fellows in the prefix.
for library in "$prefix"/bin/* "$prefix"/lib/stator/*.so "$prefix"/lib/stator/plugins/*.so; do
  astray=$(ldd "$library" | grep -e 'not found' -e 'libstator' | grep -vF "=> $prefix/") || continue
  fail "$library: $astray"
done

[ "$(ls "$prefix/lib/stator/plugins")" = "$(ls "$build/lib/stator/plugins")" ] || fail "not all plugins are there"
"$prefix/bin/stator" plugin list --json >"$work/plugins.json" || fail "not all plugins load"
"$prefix/bin/statord" --version >/dev/null
"$prefix/bin/stator" plugin simulate "$prefix/lib/stator/plugins/stator_resolver_lww.so" --hours 0.01 >/dev/null || fail "no simulator"
