#include "tests/simulation/histories/holders.h"

#include <algorithm>
#include <optional>

#include "kernel/causality/copy.h"
#include "kernel/causality/dot_codec.h"
#include "kernel/causality/head.h"
#include "kernel/causality/wire.h"
#include "kernel/healing/leaf_scan.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/storage_keys.h"

namespace stator::simulation {
namespace {

/// Its context alone is read, which comes first; that what is stored makes sense is the WireWatch's to judge.
Context context_of(BytesView stored) {
  if (is_head(stored)) {
    const Result<Context> seen = stored_context(stored);
    return seen.is_ok() ? *seen : Context();
  }
  ByteReader in(record_bytes(stored));
  (void)in.octet();  // the format
  return take_context(in);
}

bool knows(Storage& storage, const Bytes& at, const Context& clock) {
  const Result<std::optional<Bytes>> stored = storage.get(at);
  if (!stored.is_ok() || !*stored || is_hint_reference(**stored)) return false;
  return context_of(**stored).covers(clock);
}

bool holds(Node& node, const std::string& keyspace, const Bytes& key, const Context& clock) {
  const Keyspace& of = *node.keyspace(keyspace);
  const Partition partition = node.partition_of_key(of, key);
  Storage& storage = of.store->storage();
  if (knows(storage, data_key(partition, of.id, key), clock)) return true;
  const std::vector<std::string>& primaries = of.current_placement()->holders(partition);
  return of.rules.sloppy && std::any_of(primaries.begin(), primaries.end(), [&](const std::string& primary) {
           return knows(storage, hint_key(primary, partition, of.id, key), clock);
         });
}

}  // namespace

std::size_t count_holders(Cluster& cluster, const std::string& keyspace, const Bytes& key, const Context& clock,
                          std::size_t enough) {
  std::size_t count = 0;
  for (std::size_t node = 0; node < cluster.size() && count < enough; ++node)
    count += !cluster[node].up() || holds(cluster[node].node(), keyspace, key, clock) ? 1 : 0;
  return count;
}

}  // namespace stator::simulation
