#pragma once

#include <rocksdb/status.h>

#include "stator/status.h"

namespace stator::rocks {

/// What RocksDB said, in our words: data_loss for what it found damaged (its text names file and offset where it knows
/// them), storage_full for want of space, internal for everything else that is not OK.
Status to_status(const ::rocksdb::Status& status);

}  // namespace stator::rocks
