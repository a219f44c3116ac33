#pragma once

#include <functional>
#include <memory>

#include "kernel/files/directory_probe.h"
#include "stator/host.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"
#include "tests/simulation/disk.h"

namespace stator::simulation {

/// What one process sees of the machine.
struct Process {
  explicit Process(testing::ModelledDisk& disk);
  testing::ModelledFiles files;
  testing::FakeHost host;
  DirectoryProbe space;
};

/// A storage plugin over a modelled file system: a power cut tears what was not synced, and the plugin recovers from
/// the files that are left.
class FilesDisk : public Disk, private ScrubbingOffers {
 public:
  static constexpr const char* kDirectory = "/data";
  /// A storage that is not open yet. The host outlives it.
  using Make = std::function<Result<std::unique_ptr<Storage>>(Host& host)>;
  explicit FilesDisk(Make make) : make_(std::move(make)) {}

  Result<std::unique_ptr<Storage>> open() override;
  void cut_power(std::uint64_t seed) override { disk_->crash(seed); }
  void kill() override { disk_->kill(); }
  void wipe() override { disk_ = std::make_unique<testing::ModelledDisk>(); }
  void break_sync() override { disk_->fail_sync_at(1, Status(Code::internal, "the disk does not sync")); }
  void break_write() override { disk_->fail_write_at(1, Status(Code::internal, "the disk does not write")); }
  // A write is made of a few operations: of which one it loses its power is left to chance.
  void tear_next_write(std::uint64_t seed) override { disk_->cut_power_at(1 + seed % 3); }
  void fill() override { disk_->set_capacity(0); }
  void make_room() override { disk_->set_capacity(UINT64_MAX); }
  void leave_free(std::uint64_t bytes) override;
  SpaceProbe& space() override { return process_->space; }
  Scrubbing* scrubbing() override { return scrubbing_; }
  // Where a storage notices is known of few.
  bool damage(std::uint64_t /*seed*/) override { return false; }
  void keep_copy() override { copy_ = disk_->copy(); }
  void restore_copy() override {
    if (copy_) disk_ = copy_->copy();
  }
  /// What the storage that is open has logged as an error, oldest first.
  std::vector<std::string> errors() const { return process_->host.logged(LogLevel::error); }

 protected:
  testing::ModelledDisk& files() { return *disk_; }

 private:
  void offer(Scrubbing& scrubbing) override { scrubbing_ = &scrubbing; }

  const Make make_;
  std::unique_ptr<testing::ModelledDisk> disk_ = std::make_unique<testing::ModelledDisk>();
  std::unique_ptr<testing::ModelledDisk> copy_;
  std::unique_ptr<Process> process_;
  Scrubbing* scrubbing_ = nullptr;
};

}  // namespace stator::simulation
