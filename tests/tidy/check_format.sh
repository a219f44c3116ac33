#!/bin/sh
# check_format.sh CLANG_FORMAT SOURCE_DIR: every source is formatted, and an unformatted one would have been noticed.
set -eu
if printf 'int  main( ){return 0;}\n' | "$1" --style="file:$2/.clang-format" --dry-run --Werror 2>/dev/null; then
  echo "clang-format accepts anything" >&2
  exit 1
fi
cd "$2"
find sdk kernel plugins cli examples tests \( -name '*.h' -o -name '*.cc' \) -print0 |
  xargs -0 "$1" --dry-run --Werror --ferror-limit=1
