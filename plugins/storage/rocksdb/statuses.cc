#include "statuses.h"

namespace stator::rocks {
namespace {

Code code_of(const ::rocksdb::Status& status) {
  if (status.IsCorruption()) return Code::data_loss;
  if (status.IsNoSpace()) return Code::storage_full;
  return Code::internal;
}

}  // namespace

Status to_status(const ::rocksdb::Status& status) {
  return status.ok() ? Status::ok() : Status(code_of(status), "RocksDB: " + status.ToString());
}

}  // namespace stator::rocks
