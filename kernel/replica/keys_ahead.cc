#include "kernel/replica/keys_ahead.h"

#include <utility>

#include "kernel/causality/head.h"
#include "kernel/replica/rows.h"
#include "kernel/replica/storage_keys.h"

namespace stator {

Bytes storage_key_of(const KeyAddress& at) {
  return at.hint_for.empty() ? data_key(at.partition, at.keyspace, at.key)
                             : hint_key(at.hint_for, at.partition, at.keyspace, at.key);
}

void read_keys_ahead(Store& store, Executor& home, std::vector<Bytes> keys, Task then) {
  if (store.readers() == nullptr) return then();
  auto read = [&store, keys = std::move(keys)] {
    // Whoever reads it again is told what is wrong with it.
    for (const Bytes& key : keys) (void)store.storage().get(key);
  };
  store.readers()->run(home, std::move(read), std::move(then));
}

void read_copies_ahead(Store& store, Executor& home, std::vector<Bytes> keys, Task then) {
  if (store.readers() == nullptr) return then();
  auto read = [&storage = store.storage(), keys = std::move(keys)] {
    for (const Bytes& key : keys) {
      const Result<std::optional<Bytes>> stored = storage.get(key);
      const std::optional<DataKey> at = parse_data_key(key);
      if (!at || !stored.is_ok() || !*stored || !is_head(**stored)) continue;
      const Bytes prefix = rows_prefix(at->partition, at->keyspace, at->key);
      (void)storage.scan(prefix, prefix_end(prefix), [](BytesView, BytesView) { return true; });
    }
  };
  store.readers()->run(home, std::move(read), std::move(then));
}

}  // namespace stator
