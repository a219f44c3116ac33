#include "kernel/node/storage_conversion.h"

#include <fcntl.h>
#include <stdio.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "kernel/node/storage_directory.h"
#include "kernel/plugins/guards.h"
#include "kernel/plugins/option_check.h"
#include "kernel/replica/storage_keys.h"

namespace stator {
namespace {

namespace fs = std::filesystem;

Path parent_of(const Path& path) { return fs::path(path).parent_path().string(); }

bool exists(const Path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Status refuse(const std::string& why) { return {Code::failed_precondition, why}; }

/// One conversion under way. In the copy stands a file UNFINISHED until it has taken the origin's place; there it means
/// nothing, and is removed.
class Conversion {
 public:
  Conversion(Host& host, const ConversionPlan& plan)
      : host_(host), plan_(plan), copy_(plan.directory + ".converting"), unfinished_(copy_ + "/UNFINISHED") {}

  Result<ConversionReport> run(const OnProgress& progress) {
    ConversionReport report;
    if (Status found = find_origin(report); !found.is_ok()) return found;
    const Result<std::unique_ptr<FileLock>> lock = lock_storage_directory(host_.files(), plan_.directory);
    if (!lock.is_ok()) return lock.status();
    if (Status unmarked = remove_mark(plan_.directory); !unmarked.is_ok()) return unmarked;
    if (Status cleared = clear_leftovers(); !cleared.is_ok()) return cleared;
    const Result<StorageProgress> copied = make_copy(report.from, progress);
    if (!copied.is_ok()) {
      drop_copy();
      return copied.status();
    }
    report.copied = *copied;
    if (Status exchanged = exchange(report.kept); !exchanged.is_ok()) return exchanged;
    return report;
  }

 private:
  std::string wanted() const { return std::string(plan_.wanted->plugin->name()); }

  Status find_origin(ConversionReport& report) {
    const Result<std::string> plugin = storage_plugin_of(host_.files(), plan_.directory);
    if (plugin.status().code() == Code::not_found)
      return refuse(plan_.directory + " is no storage of a node: it has no file PLUGIN");
    if (!plugin.is_ok()) return plugin.status();
    report.from = *plugin;
    if (report.from == wanted())
      return refuse(plan_.directory + " is written by " + report.from + " already: first change `plugin` of [storage." +
                    plan_.wanted->name + "] in the configuration");
    report.kept = plan_.directory + "." + report.from;
    if (exists(report.kept))
      return refuse(report.kept + " is in the way: what is converted would be kept there; move it or remove it");
    return Status::ok();
  }

  /// Of a run that was interrupted. What has no mark is not ours to remove: it may be the origin.
  Status clear_leftovers() {
    if (!exists(copy_)) return Status::ok();
    if (!exists(unfinished_) && !fs::is_empty(copy_))
      return refuse(copy_ + " is in the way, and is no unfinished copy; move it or remove it");
    drop_copy();
    return exists(copy_) ? refuse(copy_ + " cannot be removed") : Status::ok();
  }

  void drop_copy() {
    std::error_code error;
    // The mark last: while it stands the rest is known to be a leftover.
    for (const fs::directory_entry& entry : fs::directory_iterator(copy_, error)) {
      std::error_code ignored;
      if (entry.path() != unfinished_) fs::remove_all(entry.path(), ignored);
    }
    fs::remove_all(copy_, error);
  }

  Result<std::unique_ptr<StorageGuard>> make_origin(const std::string& from_plugin) {
    if (plan_.origin != nullptr) {
      const std::string named(plan_.origin->plugin->name());
      if (named != from_plugin)
        return refuse(plan_.directory + " was written by " + from_plugin + ", and by the configuration that it was " +
                      "written under [storage." + plan_.origin->name + "] is written by " + named);
      return make_storage(*plan_.origin->plugin, host_, plan_.origin->options);
    }
    const std::string written = plan_.directory + " was written by " + from_plugin;
    const Result<const Plugin*> plugin = plan_.loader->load("storage", from_plugin);
    if (!plugin.is_ok()) return Status(plugin.status().code(), written + ": " + plugin.status().message());
    const CheckedOptions defaults =
        check_options((*plugin)->descriptor->options, Setting(), "storage", plan_.wanted->name);
    if (!defaults.problems.empty())
      return refuse(written +
                    ", which cannot open it without its options: name the configuration it was written under " +
                    "(--from-config)\n" + report(defaults.problems));
    return make_storage(**plugin, host_, defaults.config);
  }

  Result<StorageProgress> make_copy(const std::string& from_plugin, const OnProgress& progress) {
    Result<std::unique_ptr<StorageGuard>> origin = make_origin(from_plugin);
    if (!origin.is_ok()) return origin.status();
    if (Status opened = (*origin)->open(plan_.directory + "/data"); !opened.is_ok()) return opened;
    if (Status ours = check_owner(**origin); !ours.is_ok()) return ours;

    if (Status begun = begin_copy(); !begun.is_ok()) return begun;
    Result<std::unique_ptr<StorageGuard>> copy = make_storage(*plan_.wanted->plugin, host_, plan_.wanted->options);
    if (!copy.is_ok()) return copy.status();
    if (Status opened = (*copy)->open(copy_ + "/data"); !opened.is_ok()) return opened;
    return copy_storage(**origin, **copy, progress);
  }

  Status check_owner(Storage& origin) const {
    for (const auto& [name, ours] : {std::pair("cluster", plan_.cluster), std::pair("node", plan_.node)}) {
      const Result<std::optional<Bytes>> held = origin.get(meta_key(name));
      if (!held.is_ok()) return held.status();
      if (!*held) return refuse(plan_.directory + " holds no data of a node");
      if (**held != ours)
        return refuse(plan_.directory + " belongs to " + name + " \"" + **held + "\", not to \"" + ours + "\"");
    }
    return Status::ok();
  }

  Status begin_copy() {
    Files& files = host_.files();
    if (Status made = files.create_directory(copy_); !made.is_ok()) return made;
    const Result<std::unique_ptr<File>> mark = files.open(unfinished_, OpenMode::create);
    if (!mark.is_ok()) return mark.status();
    if (Status synced = files.sync_directory(copy_); !synced.is_ok()) return synced;
    return claim_storage_directory(files, copy_, wanted());
  }

  /// The one step that counts. There is no moment at which the node would find nothing, and begin anew.
  Status exchange(const Path& kept) {
    Files& files = host_.files();
    if (::renameat2(AT_FDCWD, copy_.c_str(), AT_FDCWD, plan_.directory.c_str(), RENAME_EXCHANGE) != 0) {
      const std::string why = std::strerror(errno);
      return {Code::internal, "the finished copy " + copy_ + " cannot be exchanged with " + plan_.directory + ": " +
                                  why + "; exchange them by hand, or remove the copy"};
    }
    const Path parent = parent_of(plan_.directory);
    if (Status synced = files.sync_directory(parent); !synced.is_ok()) return synced;
    if (Status unmarked = remove_mark(plan_.directory); !unmarked.is_ok()) return unmarked;
    if (Status named = files.rename(copy_, kept); !named.is_ok()) return named;
    return files.sync_directory(parent);
  }

  Status remove_mark(const Path& directory) {
    Files& files = host_.files();
    const Path mark = directory + "/UNFINISHED";
    if (!exists(mark)) return Status::ok();
    const Status removed = files.remove(mark);
    return removed.is_ok() ? files.sync_directory(directory) : removed;
  }

  Host& host_;
  const ConversionPlan& plan_;
  const Path copy_;
  const Path unfinished_;
};

}  // namespace

Result<ConversionReport> convert_storage(Host& host, const ConversionPlan& plan, const OnProgress& progress) {
  return Conversion(host, plan).run(progress);
}

}  // namespace stator
