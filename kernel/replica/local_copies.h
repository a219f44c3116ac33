#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "kernel/causality/copy.h"
#include "kernel/causality/head.h"
#include "kernel/causality/operation.h"
#include "kernel/replica/read_ahead.h"
#include "kernel/replica/row_reader.h"
#include "kernel/replica/store.h"
#include "stator/bytes.h"
#include "stator/status.h"

namespace stator {

/// A copy as the next write of its key finds it: whole, or of a large one the head alone.
struct LocalCopy {
  std::variant<Copy, Head> copy;
  std::uint64_t durable = 0;  ///< digest of what is stored, if nothing is on its way; 0: nothing is
  Bytes stored;               ///< that, as it is under the copy's key

  const Head* head() const { return std::get_if<Head>(&copy); }
  /// All of it but versions, where those are rows.
  const Copy& rest() const { return head() != nullptr ? head()->rest : std::get<Copy>(copy); }
  const Context& context() const { return rest().record.context; }
  bool has_versions() const { return head() != nullptr || !rest().record.versions.empty(); }
  /// Of its versions and of its actors' epochs.
  Stamp newest() const;
};

/// A whole copy, and the versions that have rows of their own.
struct WholeCopy {
  Copy copy;
  std::vector<Version> rows;
  std::uint64_t durable = 0;
};

/// What a commit is to make of a copy.
struct Storing {
  Bytes key;                      ///< in the storage
  std::variant<Copy, Head> copy;  ///< what the next write builds on
  Bytes encoded;                  ///< of that, as it is stored; empty takes the key away, and no copy's is empty
  std::uint64_t digest = 0;       ///< of what `encoded` says, as LocalCopy::durable; 0 if it is empty
  std::uint64_t replaced = 0;     ///< LocalCopy::durable
  RowChanges rows;
};

/// Whether the copy is stored as head and rows: from kRowsFrom versions on, unless it is a hint's.
bool is_large(const KeyAddress& at, const Copy& copy);

/// A whole copy becomes another. Of the rows that were there only what differs is written.
Storing storing(const KeyAddress& at, Bytes storage_key, const WholeCopy& before, Copy after);
/// A large copy is changed. It still has kRowsFrom versions.
Storing storing(const KeyAddress& at, Bytes storage_key, std::uint64_t durable, HeadChange change);

/// One loop's copies: what is stored, and over it what is on its way to the disk. [its loop]
class LocalCopies {
 public:
  /// Of several storage instances; the same bytes may be a key in each.
  using Key = std::pair<const Store*, Bytes>;

  explicit LocalCopies(const ReadAhead& ahead) : ahead_(ahead) {}

  /// Nothing if there is none. A hint that refers to what this node holds anyhow is none.
  Result<std::optional<LocalCopy>> find(const KeyAddress& at, const Bytes& storage_key) const;
  /// The rows of a copy that is a head.
  RowReader rows(const KeyAddress& at, const Bytes& storage_key) const;
  /// All of a copy; data_loss if head and rows do not fit together.
  Result<WholeCopy> whole(const KeyAddress& at, const Bytes& storage_key, LocalCopy local) const;

  bool in_flight(const Key& key) const { return !entries_.empty() && entries_.contains(key); }
  /// Whether all that a write builds on is in memory.
  bool in_memory(const Key& key) const {
    const auto waiting = entries_.find(key);
    return waiting != entries_.end() && std::holds_alternative<Copy>(waiting->second.latest);
  }
  std::size_t size() const { return entries_.size(); }
  /// The digest of what is known to be durable of each key of the range with a commit in flight; 0: nothing.
  std::map<Bytes, std::uint64_t, std::less<>> in_flight(const CopyRange& range) const;

  /// A commit goes out, which must be given the chain; null if it depends on none before it.
  struct Begun {
    std::uint64_t number = 0;  ///< among those of the key in flight
    std::uint64_t digest = 0;  ///< Storing::digest
    std::shared_ptr<CommitChain> chain;
    std::optional<std::uint64_t> change;  ///< its number in the store's RowLog
  };
  /// Takes the copy out of `storing`.
  Begun begin(const KeyAddress& at, Storing& storing);
  /// It has ended. The digest of what was durable before.
  std::uint64_t end(Store& store, const Bytes& storage_key, const Begun& commit, bool stored);

 private:
  struct Entry {
    std::variant<Copy, Head> latest;
    std::uint64_t durable = 0;  // digest of the copy before all that are in flight
    std::uint64_t begun = 0;
    std::size_t in_flight = 0;
    RowsInFlight rows;
    std::shared_ptr<CommitChain> chain;
  };

  const ReadAhead& ahead_;
  std::map<Key, Entry> entries_;
};

}  // namespace stator
