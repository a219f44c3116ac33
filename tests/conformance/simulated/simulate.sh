#!/bin/sh
# simulate.sh STATOR PLUGINS: what `stator plugin simulate` says of each directory of plugins, and how it ends.
set -eu
stator=$1
cd "$2"
fail() { echo "$*" >&2; exit 1; }

# expect CODE TEXT SET [ARGUMENT…]
expect() {
  code=$1 text=$2 set=$3
  shift 3
  ended=0
  "$stator" plugin simulate "$set"/stator_*.so "$@" >"$set.out" 2>&1 || ended=$?
  [ "$ended" = "$code" ] || { cat "$set.out" >&2; fail "$set: ended with $ended and not $code"; }
  grep -qE -e "$text" "$set.out" || { cat "$set.out" >&2; fail "$set: does not say \"$text\""; }
}

members="--option file=/cluster/members"
expect 0 'resolver longest 1.0.0 survived' good_resolver --hours 0.1
expect 0 'storage journal 1.0.0 survived' good_storage --hours 0.1
expect 0 'datatype scaffold 1.0.0 survived' good_datatype --hours 0.1
expect 0 'membership watched_file 1.0.0 survived' good_membership --hours 0.1 $members

expect 1 'another order' takes_the_first
expect 1 'resolved in two ways|is not deterministic' changes_its_mind
expect 1 'exception' throws_at_three
expect 1 'ends its process' falls_over_three
expect 1 'VIOLATED' does_not_sync
expect 1 'VIOLATED' writes_on_after_a_failure --hours 4
expect 1 'exception' throws_at_a_failure
expect 1 'VIOLATED' removes_the_unseen
expect 1 'JSON' shows_no_json
expect 1 'VIOLATED|is not deterministic' shows_what_it_remembers
expect 1 'refuses' refuses_an_example
expect 1 'says that node-. is dead' believes_nobody $members
expect 1 'does not list itself' forgets_itself $members

# What it says last replays it, to the letter; and the same seed says the same.
replay=$(sed -n 's/^replay: stator //p' does_not_sync.out)
cp does_not_sync.out before
eval "$stator $replay" >after 2>&1 && fail "the replay passes"
[ "$(grep VIOLATED before | tail -1)" = "$(grep VIOLATED after | tail -1)" ] || fail "the replay says something else"
"$stator" plugin simulate good_resolver/stator_*.so --hours 0.1 | cmp - good_resolver.out || fail "one seed says two things"

# What cannot be simulated, or asked for.
expect 2 'file' good_membership
expect 2 'fiel' good_membership --option fiel=/members
[ -e good_resolver/absent.so ] && fail "it is there"
ended=0
"$stator" plugin simulate good_resolver/absent.so 2>/dev/null || ended=$?
[ "$ended" = 78 ] || fail "a file that is not there: $ended"
ended=0
"$stator" plugin simulate "$(dirname "$stator")"/../lib/stator/plugins/stator_transport_tcp.so 2>refused || ended=$?
[ "$ended" = 78 ] && grep -q 'no sockets' refused || fail "a transport: $ended"
