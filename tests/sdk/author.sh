#!/bin/sh
# author.sh CMAKE WORK SOURCE [-D…]: what an author does with the SDK in WORK/stator. Begins a plugin of each kind, takes
# the examples, builds and tries them all, in one build and out of the tree, and installs them where Stator is.
set -eu
cmake=$1
work=$2
source=$3
shift 3
prefix=$work/stator
rm -rf "$work/plugins" "$work/build"
mkdir -p "$work/plugins"
cd "$work/plugins"

for kind in resolver datatype storage membership transport; do
  "$prefix/bin/stator" plugin new $kind my_$kind >/dev/null
done
plugins=$(printf '%s;' "$work"/plugins/*/ "$source"/examples/*/)

"$cmake" -S "$source/tests/sdk/author" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" "-DPLUGINS=${plugins%;}" "$@" \
  >/dev/null
"$cmake" --build "$work/build"
"$cmake" -E chdir "$work/build" ctest --output-on-failure -j 2
"$cmake" --install "$work/build" --prefix "$prefix" >/dev/null
