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
  const Path note = directory + "/PLUGIN";
  Result<std::unique_ptr<File>> file = files.open(note, OpenMode::read);
  if (!file.is_ok()) {
    return file.status().code() == Code::not_found ? write_note(files, directory, note, plugin) : file.status();
  }
  Result<Bytes> written_by = (*file)->read(0, 256);
  if (!written_by.is_ok()) return written_by.status();
  if (*written_by == plugin) return Status::ok();
  return {Code::failed_precondition, directory + " was written by storage plugin \"" + *written_by +
                                         "\", the configuration says \"" + plugin + "\""};
}

}  // namespace stator
