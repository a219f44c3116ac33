#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kernel/node/entry_check.h"
#include "kernel/node/offline_host.h"
#include "kernel/node/storage_copy.h"
#include "kernel/node/storage_settings.h"
#include "kernel/plugins/fault_log.h"
#include "kernel/plugins/loader.h"
#include "kernel/plugins/storage_guard.h"
#include "stator/salvage.h"

namespace stator {

/// What tools that look at a node's files work with. Both outlive the work.
struct StorageTools {
  Loader& loader;  ///< finds the plugins that wrote them
  OfflineHost::Say say;
  StorageSettings settings = {};  ///< what they were written under
};

/// A storage instance that is not open, with a host of its own; and its Salvage, if the plugin offers one.
class OfflineStorage final : private SalvageOffers {
 public:
  explicit OfflineStorage(OfflineHost::Say say) : host_(std::move(say)), faults_(host_, "the storage's salvage") {
    host_.lend_offers(*this);
  }
  /// Makes an instance of the plugin, with the options that the store was written under. failed_precondition if there
  /// is no such plugin, or its options are not known. [blocking]
  Status make(const StorageTools& tools, const Path& store, const std::string& plugin);
  StorageGuard& storage() { return *storage_; }
  bool salvageable() const { return salvage_ != nullptr; }
  /// Of one that is. [blocking]
  Result<StorageFindings> examine(const Path& directory, const Visitor& visit);
  Files& files() { return host_.files(); }

 private:
  void offer(Salvage& salvage) override { salvage_ = &salvage; }

  OfflineHost host_;
  FaultLog faults_;
  Salvage* salvage_ = nullptr;
  std::unique_ptr<StorageGuard> storage_;
};

/// What the files of one storage of a node hold.
struct StoreExamination {
  Path store;  ///< DATA_DIR/storage/NAME
  std::string plugin;
  bool salvageable = false;  ///< the plugin has examined the files; else a copy of them was opened and read
  StorageProgress whole;     ///< entries that are whole and can be decoded, and are of no large copy that is not whole
  EntryCheck entries;
  /// Keys that the entries of copies which are not whole begin with: a data key, which is all, or one of rows.
  std::set<Bytes> unfit;
  StorageFindings files;  ///< with faults for entries that are whole and cannot be decoded, and for large copies
  bool sound() const { return files.faults.empty(); }
  /// Whether the entry is of a large copy that is not whole.
  bool is_unfit(BytesView key) const;
};

/// The storages in a directory: all of a node's data directory, or the one that it is; ascending. failed_precondition
/// if it is neither. [blocking]
Result<std::vector<Path>> stores_in(const Path& directory);

/// Verifies the files of a storage that no node has open, and reads every entry as the kernel would. Changes none of
/// them. `visit` gets the entries that are whole and can be decoded, in ascending order: also those of large copies
/// that are found not to be whole when all have come. unavailable if a process has it; failed_precondition if it is no
/// storage, and where the plugin is not installed or its options are not known. [blocking]
Result<StoreExamination> examine_store(const StorageTools& tools, const Path& store,
                                       const std::function<void(BytesView key, BytesView value)>& visit);

}  // namespace stator
