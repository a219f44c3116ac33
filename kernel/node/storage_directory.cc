#include "kernel/node/storage_directory.h"

#include <memory>

namespace stator {
namespace {

Status write_note(Files& files, const Path& directory, const Path& note, const std::string& plugin) {
  const Path draft = note + ".new";
  Result<std::unique_ptr<File>> file = files.open(draft, OpenMode::create);
  if (!file.is_ok()) return file.status();
  if (Status written = (*file)->write(0, plugin); !written.is_ok()) return written;
  if (Status synced = (*file)->sync(); !synced.is_ok()) return synced;
  if (Status renamed = files.rename(draft, note); !renamed.is_ok()) return renamed;
  return files.sync_directory(directory);
}

}  // namespace

Status claim_storage_directory(Files& files, const Path& directory, const std::string& plugin) {
  if (Status made = files.create_directory(directory); !made.is_ok()) return made;
  const Result<std::string> written_by = storage_plugin_of(files, directory);
  if (written_by.status().code() == Code::not_found) return write_note(files, directory, directory + "/PLUGIN", plugin);
  if (!written_by.is_ok()) return written_by.status();
  if (*written_by == plugin) return Status::ok();
  return {Code::failed_precondition, directory + " was written by storage plugin \"" + *written_by +
                                         "\", the configuration says \"" + plugin +
                                         "\"; `stator storage convert` makes one of the other"};
}

Result<std::string> storage_plugin_of(Files& files, const Path& directory) {
  const Result<std::unique_ptr<File>> file = files.open(directory + "/PLUGIN", OpenMode::read);
  if (!file.is_ok()) return file.status();
  return (*file)->read(0, 256);
}

Result<std::unique_ptr<FileLock>> lock_storage_directory(Files& files, const Path& directory) {
  Result<std::unique_ptr<FileLock>> lock = files.lock(directory + "/LOCK");
  if (lock.status().code() == Code::unavailable)
    return Status(Code::unavailable, directory + " is in use by another process: one process per storage directory");
  return lock;
}

}  // namespace stator
