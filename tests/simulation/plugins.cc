#include "tests/simulation/plugins.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "kernel/invariant.h"
#include "kernel/plugins/loader.h"
#include "tests/simulation/files_disk.h"
#include "tests/simulation/plugin_directory.h"

#ifdef STATOR_WITH_SEEDED_BUGS
// The memtable with the seeded bugs in it, which is linked and not loaded.
extern "C" const stator_plugin_descriptor stator_plugin;
#endif

namespace stator::simulation {
namespace {

const stator_plugin_descriptor& descriptor_of(const std::string& kind, const std::string& name) {
#ifdef STATOR_WITH_SEEDED_BUGS
  if (name == "memtable") return stator_plugin;
#endif
  Loader loader({plugin_directory()});
  const Result<const Plugin*> plugin = loader.load(kind, name);
  STATOR_INVARIANT(plugin.is_ok(), plugin.status().text().c_str());
  return *(*plugin)->descriptor;
}

/// An instance of a plugin from the build's own directory. Libraries stay mapped, so the loader need not live on.
template <typename Interface>
std::unique_ptr<Interface> make(const std::string& name, Host& host, const Config& config) {
  const std::string interface = Interface::kInterfaceId;
  Status why;
  void* made = descriptor_of(interface.substr(0, interface.find('/')), name).create(host, config, why);
  STATOR_INVARIANT(made != nullptr, why.text().c_str());
  return std::unique_ptr<Interface>(static_cast<Interface*>(made));
}

// Of a segment of the log, by the grammars in the memtable's segment.cc and frame.cc.
constexpr std::size_t kPage = 4096;
constexpr std::size_t kSlotBytesAt = 32;
constexpr std::size_t kFrameHeader = 24;
constexpr BytesView kFrameMagic = "SLF1";

/// Where the frames of a segment stand, and at last where they end; empty if there are none.
std::vector<std::size_t> frames_of(const Bytes& segment) {
  if (segment.size() < kPage) return {};
  std::uint64_t slot_bytes = 0;
  std::memcpy(&slot_bytes, segment.data() + kSlotBytesAt, sizeof slot_bytes);
  std::vector<std::size_t> places;
  std::size_t at = kPage + 2 * slot_bytes;
  while (at + kFrameHeader <= segment.size() && BytesView(segment).substr(at, kFrameMagic.size()) == kFrameMagic) {
    places.push_back(at);
    std::uint32_t length = 0;
    std::memcpy(&length, segment.data() + at + 8, sizeof length);
    at += kFrameHeader + length;
  }
  if (!places.empty()) places.push_back(at);
  return places;
}

/// No link: the membership that is used sends nothing.
class NoLinks final : public Links {
 public:
  void send(const std::string& /*node*/, Bytes /*message*/) override {}
};

class MemtableDisk final : public FilesDisk {
 public:
  MemtableDisk() : FilesDisk(make_storage) {}
  // In the frames of the log's last segment, the last of them too.
  bool damage(std::uint64_t seed) override {
    Process process(files());
    const Result<std::vector<std::string>> names = process.files.list(kDirectory);
    STATOR_INVARIANT(names.is_ok(), "a modelled disk can be listed");
    Path last;
    for (const std::string& name : *names) {
      const Path path = std::string(kDirectory) + "/" + name;
      if (name.ends_with(".wal") && !frames_of(files().contents(path)).empty()) last = std::max(last, path);
    }
    if (last.empty()) return false;
    const std::vector<std::size_t> frames = frames_of(files().contents(last));
    const std::size_t room = frames.back() - frames.front();
    files().corrupt(last, frames.front() + seed % room, static_cast<char>(1U << (seed >> 32) % 8));
    return true;
  }

 private:
  static Result<std::unique_ptr<Storage>> make_storage(Host& host) {
    return make<Storage>(
        "memtable", host,
        Config("disk", {{"segment_bytes", std::int64_t{8 << 10}}, {"snapshot_after_bytes", std::int64_t{32 << 10}}}));
  }
};

}  // namespace

std::unique_ptr<Disk> make_memtable_disk() { return std::make_unique<MemtableDisk>(); }

std::vector<Member> static_members(const std::string& self, const std::vector<Member>& configured) {
  testing::ModelledDisk disk;
  Process process(disk);
  NoLinks links;
  const auto membership = make<Membership>("static", process.host, Config("static", {}));
  const Status started = membership->start(self, configured, links, [] {});
  STATOR_INVARIANT(started.is_ok(), started.text().c_str());
  return membership->members();
}

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
