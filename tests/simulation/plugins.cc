#include "tests/simulation/plugins.h"

#include <string>
#include <utility>

#include "kernel/invariant.h"
#include "kernel/plugins/loader.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"

namespace stator::simulation {
namespace {

/// An instance of a plugin from the build's own directory. Libraries stay mapped, so the loader need not live on.
template <typename Interface>
std::unique_ptr<Interface> make(const std::string& name, Host& host, const Config& config) {
  const std::string interface = Interface::kInterfaceId;
  Loader loader({STATOR_PLUGIN_DIRECTORY});
  const Result<const Plugin*> plugin = loader.load(interface.substr(0, interface.find('/')), name);
  STATOR_INVARIANT(plugin.is_ok(), plugin.status().text().c_str());
  Status why;
  void* made = (*plugin)->descriptor->create(host, config, why);
  STATOR_INVARIANT(made != nullptr, why.text().c_str());
  return std::unique_ptr<Interface>(static_cast<Interface*>(made));
}

/// What one process sees of the machine.
struct Process {
  explicit Process(testing::ModelledDisk& disk) : files(disk), host(files, {.seed = 1, .background = false}) {}
  testing::ModelledFiles files;
  testing::FakeHost host;
};

class MemtableDisk final : public Disk {
 public:
  Result<std::unique_ptr<Storage>> open() override {
    process_ = std::make_unique<Process>(*disk_);
    std::unique_ptr<Storage> storage = make<Storage>(
        "memtable", process_->host,
        Config("disk", {{"segment_bytes", std::int64_t{8 << 10}}, {"snapshot_after_bytes", std::int64_t{32 << 10}}}));
    if (Status opened = storage->open("/data"); !opened.is_ok()) return opened;
    return storage;
  }
  void cut_power(std::uint64_t seed) override { disk_->crash(seed); }
  void kill() override { disk_->kill(); }
  void wipe() override { disk_ = std::make_unique<testing::ModelledDisk>(); }
  void break_sync() override { disk_->fail_sync_at(1, Status(Code::internal, "the disk does not sync")); }
  void break_write() override { disk_->fail_write_at(1, Status(Code::internal, "the disk does not write")); }
  // A write is made of a few operations: of which one it loses its power is left to chance.
  void tear_next_write(std::uint64_t seed) override { disk_->cut_power_at(1 + seed % 3); }
  void fill() override { disk_->set_capacity(0); }
  void make_room() override { disk_->set_capacity(UINT64_MAX); }
  void keep_copy() override { copy_ = disk_->copy(); }
  void restore_copy() override {
    if (copy_) disk_ = copy_->copy();
  }

 private:
  std::unique_ptr<testing::ModelledDisk> disk_ = std::make_unique<testing::ModelledDisk>();
  std::unique_ptr<testing::ModelledDisk> copy_;
  std::unique_ptr<Process> process_;
};

}  // namespace

std::unique_ptr<Disk> make_memtable_disk() { return std::make_unique<MemtableDisk>(); }

Keyspace::Resolve lww() {
  testing::ModelledDisk disk;
  Process process(disk);
  // shared: a function is copied
  const std::shared_ptr<const Resolver> resolver = make<Resolver>("lww", process.host, Config("lww", {}));
  return [resolver](BytesView key, std::span<const Version> siblings) -> Result<Resolution> {
    return resolver->resolve(key, siblings);
  };
}

}  // namespace stator::simulation
