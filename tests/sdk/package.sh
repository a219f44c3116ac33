#!/bin/sh
# package.sh CPACK BUILD WORK: makes the Debian packages; together they hold what install.sh has installed, each its own
# part of it.
set -eu
work=$3
fail() { echo "$*" >&2; exit 1; }

rm -rf "$work/packages"
mkdir -p "$work/packages"
cd "$2"
# What takes long and changes no file list is left out: compression, stripping, asking dpkg-shlibdeps what is linked.
"$1" -B "$work/packages" -D CPACK_DEBIAN_COMPRESSION_TYPE=none -D CPACK_STRIP_FILES=OFF \
  -D CPACK_DEBIAN_STATOR_PACKAGE_SHLIBDEPS=OFF >"$work/packages/cpack.log" 2>&1 || { cat "$work/packages/cpack.log" >&2; exit 1; }
cd "$work/packages"
for package in stator stator-dev; do
  dpkg-deb -x ${package}_*.deb $package
  (cd $package/usr && find . -type f | sort) >$package.list
done

sort stator.list stator-dev.list | diff "$work/installed.list" - >&2 || fail "packages and installation differ"
grep -vE '^\./(bin/|lib/stator/[^/]*\.so$|lib/stator/plugins/|share/stator/cluster\.toml$)' stator.list >&2 && fail "not for those who run it"
for part in bin/stator_sim include/stator/plugin.h include/stator/testing/storage_laws.h lib/cmake/Stator/StatorConfig.cmake \
  lib/stator/libstator_laws.a share/stator/scaffold/resolver/scaffold.cc; do
  grep -qxF "./$part" stator-dev.list || fail "stator-dev lacks $part"
done
dpkg-deb -f stator-dev_*.deb Depends | grep -qF 'stator (= ' || fail "stator-dev must need the stator of its version"
stator/usr/bin/stator plugin list >/dev/null
