#include "directory.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "statuses.h"

namespace stator::rocks {
namespace {

Path parent_of(const Path& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == Path::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// With its parents, each durable in its own.
Status make_directory(::rocksdb::Env& env, const Path& path) {
  if (env.FileExists(path).ok()) return Status::ok();
  const Path parent = parent_of(path);
  if (Status made = make_directory(env, parent); !made.is_ok()) return made;
  if (Status made = to_status(env.CreateDirIfMissing(path)); !made.is_ok()) return made;
  return sync_directory(env, parent);
}

Result<std::vector<std::string>> names_in(::rocksdb::Env& env, const Path& directory) {
  std::vector<std::string> names;
  if (Status listed = to_status(env.GetChildren(directory, &names)); !listed.is_ok()) return listed;
  std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
  return names;
}

bool is_content(const std::string& name) {
  return name.ends_with(".sst") || name.ends_with(".blob") ||
         (name.ends_with(".log") && name.find_first_not_of("0123456789") == name.size() - 4);
}

/// What a making that was interrupted leaves behind.
bool is_beginning(const std::string& name) {
  return name == "LOCK" || name == "LOG" || name.starts_with("LOG.old") || name == "IDENTITY" || name == "LENGTHS" ||
         name.starts_with("MANIFEST-") || name.starts_with("OPTIONS-") || name.ends_with(".dbtmp");
}

Status refuse_content(const Path& directory, const std::string& name) {
  return {Code::data_loss, directory + "/CURRENT is missing, but there is " + name};
}

Status refuse_stranger(const Path& directory, const std::string& name) {
  return {Code::failed_precondition, directory + " is not a RocksDB directory: it holds " + name + " but no CURRENT"};
}

}  // namespace

Status sync_directory(::rocksdb::Env& env, const Path& path) {
  std::unique_ptr<::rocksdb::Directory> directory;
  ::rocksdb::Status opened = env.NewDirectory(path, &directory);
  if (opened.ok()) opened = directory->Fsync();
  return to_status(opened);
}

Status prepare_directory(::rocksdb::Env& env, const Path& directory) {
  if (Status made = make_directory(env, directory); !made.is_ok()) return made;
  const Result<std::vector<std::string>> names = names_in(env, directory);
  if (!names.is_ok()) return names.status();
  if (std::find(names->begin(), names->end(), "CURRENT") != names->end()) return Status::ok();
  for (const std::string& name : *names) {
    if (is_content(name)) return refuse_content(directory, name);
    if (!is_beginning(name)) return refuse_stranger(directory, name);
  }
  return Status::ok();
}

DirectoryLock::~DirectoryLock() {
  if (lock_ != nullptr) env_.UnlockFile(lock_).PermitUncheckedError();
}

Status DirectoryLock::take(const Path& directory) {
  if (env_.LockFile(directory + "/LOCK", &lock_).ok()) return Status::ok();
  return {Code::unavailable, directory + " is in use by another process: one process per storage directory"};
}

Status prepare_copy(::rocksdb::Env& env, const Path& directory) {
  if (!env.FileExists(directory).ok()) return make_directory(env, parent_of(directory));
  const Result<std::vector<std::string>> names = names_in(env, directory);
  if (!names.is_ok()) return names.status();
  if (!names->empty()) return {Code::failed_precondition, directory + " is not empty: it holds " + names->front()};
  return to_status(env.DeleteDir(directory));
}

}  // namespace stator::rocks
