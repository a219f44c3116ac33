#include "tests/simulation/files_disk.h"

#include "kernel/invariant.h"

namespace stator::simulation {

Process::Process(testing::ModelledDisk& disk)
    : files(disk), host(files, {.seed = 1, .background = false}), space{files, FilesDisk::kDirectory} {}

Result<std::unique_ptr<Storage>> FilesDisk::open() {
  scrubbing_ = nullptr;
  process_ = std::make_unique<Process>(*disk_);
  process_->host.offer(ScrubbingOffers::kExtensionId, static_cast<ScrubbingOffers*>(this));
  Result<std::unique_ptr<Storage>> storage = make_(process_->host);
  if (!storage.is_ok()) return storage;
  if (Status opened = (*storage)->open(kDirectory); !opened.is_ok()) return opened;
  return storage;
}

void FilesDisk::leave_free(std::uint64_t bytes) {
  const Result<DiskSpace> now = process_->space.measure();
  STATOR_INVARIANT(now.is_ok(), "a modelled disk tells its space");
  disk_->set_capacity(now->total - now->free + bytes);
}

}  // namespace stator::simulation
