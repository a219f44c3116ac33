#pragma once

#include <string>

#include "kernel/node/storage_examination.h"
#include "stator/version.h"

namespace stator {

struct QuarantineReport {
  StoreExamination found;  ///< of the files as they were
  bool changed = false;    ///< nothing is done to a storage that is sound
  Path aside;              ///< where they are now
};

/// Sets the files of a damaged storage aside, as they are, in STORE/quarantine/TIME/data, and puts in their place new
/// ones with all that is whole and can be decoded. In them is noted, durably, that the store has forgotten something:
/// no mark holds, and its copies count again when peers have filled what is missing (see store_meta.h and Lives).
/// Nothing is deleted. The two change places in one step; before it everything is where it was, whatever happens, and a
/// run that was interrupted is begun anew by the next.
///
/// `now`: of this machine's clock. failed_precondition if the plugin cannot tell what is whole in damaged files; else
/// as examine_store. [blocking]
Result<QuarantineReport> quarantine_store(const StorageTools& tools, const Path& store, Stamp now);

/// Why a node whose storages have opened does not start; of damage, with what to do about it. `config`: the file that
/// the node was to be started with.
Status with_advice(const Status& refused, const Path& data_directory, const Path& config);

/// Notes in a storage that what it holds is not all that was written to it, and no longer the latest: what open_store
/// needs to see. `newest`: no stamp that this node gave or took is above it. Keyspaces of which the entries are there
/// and the note is not, keep their numbers from being given to others. [blocking]
Status note_loss(Storage& storage, const EntryCheck& held, Stamp newest);

}  // namespace stator
