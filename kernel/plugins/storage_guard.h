#pragma once

#include <cstdint>
#include <string>

#include "kernel/plugins/fault_log.h"
#include "kernel/plugins/instance.h"
#include "stator/storage.h"

namespace stator {

/// A storage that throws nothing. A write that threw may have happened or not, so after one every later write is
/// refused with the same Status: this storage has stopped for good, as after a failed sync. Threads as Storage.
class StorageGuard final : public Storage {
 public:
  StorageGuard(Instance<Storage> storage, Host& host, std::string label)
      : storage_(std::move(storage)), faults_(host, std::move(label)) {}

  Status open(const Path& directory) override;
  Status write(WriteBatch batch) override;
  Result<std::optional<Bytes>> get(BytesView key) override;
  Status scan(BytesView first, BytesView last, const Visitor& visit) override;
  Status checkpoint(const Path& directory) override;
  StorageStats stats() const override;
  std::uint64_t faults() const { return faults_.count(); }

 private:
  Instance<Storage> storage_;
  mutable FaultLog faults_;
  Status stopped_;  ///< why no write is taken any more; only touched by the one committer
};

}  // namespace stator
