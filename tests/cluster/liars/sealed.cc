#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "stator/plugin.h"
#include "stator/salvage.h"
#include "stator/storage.h"

// A storage that cannot be opened without an option that has no default: the file `seal` says under which key
// everything was written, in one file, and with another key nothing is read. It calls itself damaged if there is a file
// `damaged`.

namespace stator {
namespace {

namespace fs = std::filesystem;

class Sealed final : public Storage, private Salvage {
 public:
  Sealed(Host& host, const Config& config) : key_(config.text("key")) {
    if (auto* offers = extension<SalvageOffers>(host)) offers->offer(*this);
  }
  Status open(const Path& directory) override {
    fs::create_directories(directory);
    if (!fs::exists(directory + "/seal")) std::ofstream(directory + "/seal") << key_;
    if (Status read = read_all(directory); !read.is_ok()) return read;
    if (is_damaged(directory)) return {Code::data_loss, directory + "/damaged is there"};
    directory_ = directory;
    log_.open(directory + "/all", std::ios::binary | std::ios::app);
    return {};
  }
  Status write(WriteBatch batch) override {
    std::unique_lock lock(mutex_);
    for (const Mutation& mutation : batch) {
      const std::uint32_t sizes[] = {static_cast<std::uint32_t>(mutation.key.size()),
                                     static_cast<std::uint32_t>(mutation.value.size()), mutation.remove ? 1U : 0U};
      log_.write(reinterpret_cast<const char*>(sizes), sizeof(sizes));
      log_ << mutation.key << mutation.value;
      apply(mutation);
    }
    return log_.flush() ? Status() : Status(Code::internal, "the file cannot be written");
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    std::shared_lock lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? std::optional<Bytes>() : std::optional<Bytes>(found->second);
  }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    std::shared_lock lock(mutex_);
    for (auto at = entries_.lower_bound(first); at != entries_.end() && (last.empty() || at->first < last); ++at) {
      if (!visit(at->first, at->second)) break;
    }
    return {};
  }
  Status checkpoint(const Path& directory) override {
    std::unique_lock lock(mutex_);
    fs::create_directories(directory);
    for (const char* name : {"/seal", "/all"}) fs::copy_file(directory_ + name, directory + name);
    return {};
  }
  StorageStats stats() const override { return {}; }

  static std::unique_ptr<Storage> create(Host& host, const Config& config, Status&) {
    return std::make_unique<Sealed>(host, config);
  }

 private:
  Result<StorageFindings> examine(const Path& directory, const Visitor& visit) override {
    if (Status read = read_all(directory); !read.is_ok()) return read;
    StorageFindings findings;
    if (is_damaged(directory)) findings.faults.push_back({directory + "/damaged", 0, 0, "it is there"});
    for (const auto& [key, value] : entries_) (void)visit(key, value);
    return findings;
  }
  static bool is_damaged(const Path& directory) { return fs::exists(directory + "/damaged"); }

  static Bytes contents(const Path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Status read_all(const Path& directory) {
    if (contents(directory + "/seal") != key_)
      return {Code::failed_precondition, directory + " was written under another key"};
    const Bytes bytes = contents(directory + "/all");
    for (BytesView rest = bytes; rest.size() >= 3 * sizeof(std::uint32_t);) {
      std::uint32_t sizes[3];
      rest.copy(reinterpret_cast<char*>(sizes), sizeof(sizes));
      rest.remove_prefix(sizeof(sizes));
      apply({rest.substr(0, sizes[0]), rest.substr(sizes[0], sizes[1]), sizes[2] != 0});
      rest.remove_prefix(sizes[0] + sizes[1]);
    }
    return {};
  }
  void apply(const Mutation& mutation) {
    if (mutation.remove) {
      entries_.erase(Bytes(mutation.key));
    } else {
      entries_[Bytes(mutation.key)] = mutation.value;
    }
  }

  const std::string key_;
  Path directory_;
  std::ofstream log_;
  std::shared_mutex mutex_;
  std::map<Bytes, Bytes, std::less<>> entries_;
};

constexpr stator_option kOptions[] = {{"key", "string", nullptr, "what everything is written under"},
                                      {nullptr, nullptr, nullptr, nullptr}};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Storage, stator::Sealed, .name = "sealed", .version = "1.0.0", .options = stator::kOptions);
