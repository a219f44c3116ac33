#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/node/peer_clocks.h"
#include "kernel/replica/found_limit.h"
#include "kernel/replica/loss.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/storage.h"
#include "stator/version.h"

namespace stator {

/// Whose data a storage instance holds; a store of anybody else is refused.
struct StoreIdentity {
  std::string cluster;
  std::string node;
  int partition_bits = 12;
};

/// A keyspace as its store remembers it.
struct StoredKeyspace {
  std::string name;
  std::string kind;  ///< "register", or "datatype NAME": what its bytes mean
};

/// What the kernel found in a store's meta space, and put there: see open_store.
struct StoreState {
  bool clean = false;                              ///< the last stop was clean, so marks still hold
  Stamp incarnation;                               ///< as stored; to be replaced unless clean
  Stamp clock_limit;                               ///< no stamp of an earlier life is above it
  FoundLimit found_limit;                          ///< see there
  std::map<std::string, std::uint16_t> keyspaces;  ///< name → id
  bool forgot = false;                             ///< data was found missing, and has not been caught up yet
  bool away = false;                               ///< away for longer than hints are kept, and not caught up yet
  /// Nobody has said yet that nothing is missing since it was found empty, in that life: zero until that has a name.
  std::optional<Stamp> unvouched;
  std::string restoring;                    ///< the backup that is being put back; empty: none
  Stamp barrier;                            ///< see Store::barrier
  std::map<std::string, HeardClock> heard;  ///< of the peers' clocks, in earlier lives
  std::set<LostCopies> lost;                ///< see lost_key()
  std::vector<std::uint16_t> ids;           ///< of all keyspaces it was ever written for
  std::map<Bytes, Bytes> fixed;             ///< notes that nothing changes, as they are stored
};

/// The format of all that the kernel keeps in a store (docs/formats.md). Raised when an older program would misread it.
/// 2: large copies are heads and rows.
inline constexpr int kStoreFormat = 2;

/// Whether this program can read a store whose note of its format is `noted`; none stands in the oldest of format 1.
/// failed_precondition, with both numbers, for a newer one.
Status check_store_format(const std::optional<Bytes>& noted);

/// Reads and checks the meta space, gives ids to new keyspaces, notes this program's format in place of an older one,
/// and erases the note of a clean shutdown, durably: from here on a crash is a crash. failed_precondition when the
/// store is of a newer format, belongs to another cluster or node, was cut into another grid, or a keyspace in it was
/// written by another kind; data_loss when meta cannot be read. [startup, blocking]
Result<StoreState> open_store(Storage& storage, const StoreIdentity& identity,
                              const std::vector<StoredKeyspace>& keyspaces);
/// Marks of another incarnation are void from now on. [startup, blocking]
Status write_incarnation(Storage& storage, Stamp incarnation);
Status write_clock_limit(Storage& storage, Stamp limit);
/// The same at the first start since peers vouched for the store: notes what the limit replaces, so that later starts
/// know it until they have again. [startup, blocking]
Status write_clock_limit(Storage& storage, Stamp limit, const FoundLimit& found);
/// The life that found the store empty, for as long as nobody has vouched for it. [startup, blocking]
Status write_unvouched(Storage& storage, Stamp life);
/// Notes a clean shutdown; the last write of all. [blocking]
Status write_clean_shutdown(Storage& storage, Stamp last_stamp);

Bytes clock_limit_key();
Bytes incarnation_key();
Bytes format_key();
/// Of what peers' clocks were heard to show, encoded by encode_heard.
Bytes heard_key();
/// There while data is known to be missing from the store.
Bytes forgot_key();
/// There while this node catches up with what was written while it was away.
Bytes away_key();
/// There while copies are missing that could not be read and were given up: of which partitions.
Bytes lost_key();
Bytes encode_lost(const std::set<LostCopies>& lost);
/// There from the first start on an empty store until others were met who could say what is missing from it.
Bytes unvouched_key();
/// There from the first start on a store that was not empty until others were met, likewise.
Bytes found_limit_key();
Bytes encode_found_limit(const FoundLimit& found);
/// There from the begin of a restore to its end: the backup's id.
Bytes restoring_key();
/// Of the barrier that was put up when data was last found missing.
Bytes barrier_key();
Bytes encode_stamp(Stamp stamp);

}  // namespace stator
