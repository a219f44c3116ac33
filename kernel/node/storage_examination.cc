#include "kernel/node/storage_examination.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "kernel/node/storage_directory.h"
#include "kernel/node/store_meta.h"
#include "kernel/plugins/guards.h"
#include "kernel/replica/storage_keys.h"

namespace stator {
namespace {

namespace fs = std::filesystem;

// More of one kind say nothing more.
constexpr std::size_t kMostEntryFaults = 100;

bool is_store(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path / "PLUGIN", error);
}

/// "fast", and not what `storage convert` keeps beside it, "fast.memtable".
bool is_instance(const fs::path& path) { return path.filename().string().find('.') == std::string::npos; }

using VisitEntry = std::function<void(BytesView key, BytesView value)>;

/// Reads the entries of one storage. [serial]
class EntryReader {
 public:
  EntryReader(StoreExamination& found, const VisitEntry& visit) : found_(found), visit_(visit) {}

  bool read(BytesView key, BytesView value) {
    std::string wrong = found_.entries.look_at(key, value);
    if (!wrong.empty()) return add_fault(std::move(wrong)), true;
    ++found_.whole.entries;
    found_.whole.bytes += key.size() + value.size();
    visit_(key, value);
    return true;
  }
  void finish() {
    for (const RowFit::Misfit& misfit : found_.entries.finish()) {
      add_fault(describe(misfit));
      // Without a head among them there may be a smaller copy under the key, whole by itself.
      if (misfit.head) found_.unfit.insert(data_key(misfit.partition, misfit.keyspace, misfit.key));
      found_.unfit.insert(rows_prefix(misfit.partition, misfit.keyspace, misfit.key));
      found_.whole.entries -= misfit.entries;
      found_.whole.bytes -= misfit.bytes;
    }
    if (wrong_ > kMostEntryFaults)
      faults_.push_back({found_.store, 0, 0, "so it is with " + std::to_string(wrong_ - kMostEntryFaults) + " more"});
    std::move(faults_.begin(), faults_.end(), std::back_inserter(found_.files.faults));
  }

 private:
  void add_fault(std::string what) {
    if (++wrong_ <= kMostEntryFaults) faults_.push_back({found_.store, 0, 0, std::move(what)});
  }

  StoreExamination& found_;
  const VisitEntry& visit_;
  std::vector<StorageFault> faults_;
  std::uint64_t wrong_ = 0;
};

/// A directory that is removed with everything in it.
class Passing {
 public:
  explicit Passing(Path path) : path_(std::move(path)) {}
  ~Passing() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Passing(const Passing&) = delete;
  Passing& operator=(const Passing&) = delete;

 private:
  const Path path_;
};

/// For a plugin that cannot examine. To open is to change, so a copy is opened.
Status read_copy(OfflineStorage& storage, StoreExamination& found, EntryReader& reader) {
  const Path copy = found.store + "/checking";
  const Passing passing(copy);
  std::error_code error;
  fs::remove_all(copy, error);
  fs::copy(found.store + "/data", copy, fs::copy_options::recursive, error);
  if (error) return {Code::internal, found.store + "/data cannot be copied to " + copy + ": " + error.message()};
  Status read = storage.storage().open(copy);
  if (read.is_ok())
    read =
        storage.storage().scan({}, {}, [&reader](BytesView key, BytesView value) { return reader.read(key, value); });
  if (read.code() != Code::data_loss) return read;
  found.files.faults.push_back({found.store + "/data", 0, 0, read.message()});
  return Status::ok();
}

}  // namespace

bool StoreExamination::is_unfit(BytesView key) const {
  if (unfit.empty()) return false;
  const std::optional<RowKey> row = parse_row_key(key);
  return unfit.contains(Bytes(row ? row->prefix : key));
}

Status OfflineStorage::make(const StorageTools& tools, const Path& store, const std::string& plugin) {
  const std::string written = store + " was written by " + plugin;
  const Result<const Plugin*> loaded = tools.loader.load("storage", plugin);
  if (!loaded.is_ok()) return {Code::failed_precondition, written + ": " + loaded.status().message()};
  const Result<Config> options = tools.settings.options_for(store, **loaded);
  if (!options.is_ok()) return options.status();
  Result<std::unique_ptr<StorageGuard>> made = make_storage(**loaded, host_, *options);
  if (!made.is_ok()) return {Code::failed_precondition, written + ": " + made.status().message()};
  storage_ = std::move(*made);
  return Status::ok();
}

Result<StorageFindings> OfflineStorage::examine(const Path& directory, const Visitor& visit) {
  return guarded(faults_, "examine", [&] { return salvage_->examine(directory, visit); });
}

Result<std::vector<Path>> stores_in(const Path& directory) {
  fs::path path = fs::path(directory).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // it ended in a slash
  if (is_store(path)) return std::vector<Path>{path.string()};
  // As storages name themselves in what they say.
  if (path.filename() == "data" && is_store(path.parent_path())) return std::vector<Path>{path.parent_path().string()};
  std::vector<Path> stores;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(path / "storage", error)) {
    if (is_instance(entry.path()) && is_store(entry.path())) stores.push_back(entry.path().string());
  }
  if (stores.empty())
    return Status(Code::failed_precondition,
                  directory + " is no data directory of a node: there is no storage/NAME/PLUGIN in it");
  std::sort(stores.begin(), stores.end());
  return stores;
}

Result<StoreExamination> examine_store(const StorageTools& tools, const Path& store, const VisitEntry& visit) {
  StoreExamination found{.store = store};
  OfflineStorage storage(tools.say);
  const Result<std::string> plugin = storage_plugin_of(storage.files(), store);
  if (!plugin.is_ok()) return Status(Code::failed_precondition, store + " is no storage of a node: it has no PLUGIN");
  found.plugin = *plugin;
  std::error_code error;
  if (!fs::is_directory(store + "/data", error))
    return Status(Code::failed_precondition,
                  store + "/data is missing: nothing was ever written there, or it was moved");
  if (Status made = storage.make(tools, store, *plugin); !made.is_ok()) return made;
  EntryReader reader(found, visit);
  found.salvageable = storage.salvageable();
  if (found.salvageable) {
    Result<StorageFindings> findings =
        storage.examine(store + "/data", [&reader](BytesView key, BytesView value) { return reader.read(key, value); });
    if (!findings.is_ok()) return findings.status();
    found.files = std::move(*findings);
  } else if (Status read = read_copy(storage, found, reader); !read.is_ok()) {
    return read;
  }
  // Or its entries would be called damaged for being unknown, and be set aside.
  const auto& notes = found.entries.notes();
  const auto format = notes.find("format");
  if (format != notes.end()) {
    if (Status known = check_store_format(format->second); !known.is_ok())
      return Status(Code::failed_precondition, store + ": " + known.message());
  }
  reader.finish();
  return found;
}

}  // namespace stator
