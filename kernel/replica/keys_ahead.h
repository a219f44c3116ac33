#pragma once

#include <vector>

#include "kernel/replica/store.h"
#include "kernel/seams/executor.h"
#include "stator/bytes.h"
#include "stator/task.h"

namespace stator {

/// Where a copy lies in its storage.
Bytes storage_key_of(const KeyAddress& at);

/// Has these keys of the storage read by the store's readers, so that the disk has been waited for when `then` runs on
/// `home` and reads them itself: what it sees, and when, is as it is where reads do not block. For what is read in the
/// background, a few keys a turn, and must be one turn with what is made of it. At once, inside the call, if the store
/// has no readers.
void read_keys_ahead(Store& store, Executor& home, std::vector<Bytes> keys, Task then);
/// The same of whole copies: where there is a head, with its rows.
void read_copies_ahead(Store& store, Executor& home, std::vector<Bytes> keys, Task then);

}  // namespace stator
