#include "failure.h"

#include "statuses.h"

namespace stator::rocks {

Status Failure::status() const {
  std::lock_guard lock(mutex_);
  return first_;
}

Status Failure::set(const Status& error) {
  {
    std::lock_guard lock(mutex_);
    if (!first_.is_ok()) return first_;
    first_ = error;
  }
  host_.log(LogLevel::error, "the storage has stopped for good, until the process is restarted: " + error.text());
  return error;
}

void FailureListener::OnBackgroundError(::rocksdb::BackgroundErrorReason /*reason*/, ::rocksdb::Status* error) {
  (void)failure_.set(to_status(*error));
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): RocksDB's signature
void FailureListener::OnErrorRecoveryBegin(::rocksdb::BackgroundErrorReason /*reason*/, ::rocksdb::Status /*error*/,
                                           bool* recover) {
  *recover = false;
}

}  // namespace stator::rocks
