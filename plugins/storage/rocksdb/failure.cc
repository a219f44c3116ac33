#include "failure.h"

#include "statuses.h"

namespace stator::rocks {

Status Failure::status() const {
  std::lock_guard lock(mutex_);
  return first_;
}

Status Failure::set(const Status& error) {
  Status kept(error.code() == Code::storage_full ? Code::internal : error.code(), error.message());
  {
    std::lock_guard lock(mutex_);
    if (!first_.is_ok() && first_.code() != Code::storage_full) return first_;
    first_ = kept;
  }
  host_.log(LogLevel::error, "the storage has stopped for good, until the process is restarted: " + kept.text());
  return kept;
}

Status Failure::set_full(const Status& error) {
  {
    std::lock_guard lock(mutex_);
    if (!first_.is_ok()) return first_;
    first_ = Status(Code::storage_full, error.message());
  }
  host_.log(LogLevel::error, "nothing can be written until there is room for a table: " + error.text());
  return {Code::storage_full, error.message()};
}

void Failure::forget_fullness() {
  {
    std::lock_guard lock(mutex_);
    if (first_.code() != Code::storage_full) return;
    first_ = Status::ok();
  }
  host_.log(LogLevel::info, "there is room again");
}

void FailureListener::OnBackgroundError(::rocksdb::BackgroundErrorReason reason, ::rocksdb::Status* error) {
  using enum ::rocksdb::BackgroundErrorReason;
  if (reason == kCompaction && mending_.note(*error)) {
    *error = ::rocksdb::Status::OK();
    return;
  }
  // "NoWAL" is what RocksDB says of a flush while its log happens to be empty.
  const bool for_a_table = reason == kFlush || reason == kFlushNoWAL || reason == kCompaction;
  (void)(for_a_table && error->IsNoSpace() ? failure_.set_full(to_status(*error)) : failure_.set(to_status(*error)));
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): RocksDB's signature
void FailureListener::OnErrorRecoveryBegin(::rocksdb::BackgroundErrorReason /*reason*/, ::rocksdb::Status /*error*/,
                                           bool* recover) {
  *recover = false;
}

}  // namespace stator::rocks
