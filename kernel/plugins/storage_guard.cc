#include "kernel/plugins/storage_guard.h"

#include <utility>

namespace stator {

Status StorageGuard::open(const Path& directory) {
  return guarded(faults_, "open", [&] { return storage_->open(directory); });
}

Status StorageGuard::write(WriteBatch batch) {
  if (!stopped_.is_ok()) return stopped_;
  return guarded(
      faults_, "write", [&] { return storage_->write(batch); },
      [&](Status fault) {
        faults_.host().log(LogLevel::error,
                           faults_.label() + " takes no more writes: what the last one left is not known");
        return stopped_ = std::move(fault);
      });
}

Result<std::optional<Bytes>> StorageGuard::get(BytesView key) {
  return guarded(faults_, "get", [&] { return storage_->get(key); });
}

Status StorageGuard::scan(BytesView first, BytesView last, const Visitor& visit) {
  return guarded(faults_, "scan", [&] { return storage_->scan(first, last, visit); });
}

Status StorageGuard::checkpoint(const Path& directory) {
  return guarded(faults_, "checkpoint", [&] { return storage_->checkpoint(directory); });
}

StorageStats StorageGuard::stats() const {
  return guarded(
      faults_, "stats", [&] { return storage_->stats(); }, [](const Status&) { return StorageStats(); });
}

}  // namespace stator
