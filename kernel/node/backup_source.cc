#include "kernel/node/backup_source.h"

#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "kernel/node/restore_batch.h"
#include "kernel/node/storage_directory.h"

namespace stator {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Of keys and frames beside what stats() counts.
constexpr std::uint64_t kEntryBytes = 64;

const char* const kStates[] = {"none", "taking", "ready", "failed"};

Page json_page(const Json& json) {
  return {"application/json", json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

void remove_tree(const Path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace

void BackupSource::clear() const { remove_tree(parts_.directory); }

// A disk that is full already would end up below its reserve, and the node's own writes would be refused.
Status BackupSource::check_room() const {
  for (const Source& source : parts_.sources) {
    const StoreRoom& room = source.store->room();
    const std::string label = "storage " + source.store->name() + ": ";
    if (room.room() != Room::ample)
      return {Code::storage_full, label + "its disk is below the reserve already; make room first"};
    if (source.links_files || room.space().total == 0) continue;
    const StorageStats stats = source.store->storage().stats();
    const std::uint64_t needed = stats.bytes + stats.keys * kEntryBytes;
    const std::uint64_t free = room.space().free;
    if (free < needed + room.limits().soft)
      return {Code::storage_full, label + "a checkpoint needs " + std::to_string(needed) + " bytes beside the " +
                                      std::to_string(room.limits().soft) + " of the reserve, and " +
                                      std::to_string(free) + " are free"};
  }
  return Status::ok();
}

Outcome<Page> BackupSource::begin(const std::string& id) {
  if (!is_backup_id(id)) return Status(Code::invalid_argument, "\"id\" is no backup's id");
  if (Status room = check_room(); !room.is_ok()) return room;
  {
    std::lock_guard lock(mutex_);
    const TimePoint now = parts_.clock.now();
    const bool abandoned = state_ != State::taking && now - touched_ > kAbandonedAfter;
    if (state_ != State::none && state_ != State::failed && !abandoned)
      return Status(Code::conflict, "backup " + id_ +
                                        " is being made of this node; one at a time. If nobody is making it any more, "
                                        "another may begin when it was not asked for for a minute");
    state_ = State::taking;
    id_ = id;
    error_.clear();
    files_.clear();
    touched_ = now;
  }
  parts_.background.run([this, id] { take(id); });
  return show();
}

void BackupSource::take(const std::string& id) {
  clear();
  std::map<std::string, FileHash> files;
  const Path directory = parts_.directory + "/" + id;
  Status taken = checkpoint_all(directory, files);
  if (!taken.is_ok()) clear();
  std::lock_guard lock(mutex_);
  if (id_ != id || state_ != State::taking) return;
  state_ = taken.is_ok() ? State::ready : State::failed;
  if (!taken.is_ok()) error_ = taken.text();
  files_ = std::move(files);
  touched_ = parts_.clock.now();
}

Status BackupSource::checkpoint_all(const Path& directory, std::map<std::string, FileHash>& files) const {
  for (const Source& source : parts_.sources) {
    if (stopping_.load()) return {Code::unavailable, "the node is stopping"};
    const Path place = directory + "/storage/" + source.store->name();
    Status made = claim_storage_directory(parts_.files, place, source.plugin);
    if (made.is_ok()) made = source.store->storage().checkpoint(place + "/data");
    if (!made.is_ok()) return {made.code(), "storage " + source.store->name() + ": " + made.message()};
  }
  return hash_all(directory, files);
}

Status BackupSource::hash_all(const Path& directory, std::map<std::string, FileHash>& files) const {
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(directory, error); at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (error) break;
    if (!at->is_regular_file(error)) continue;
    const std::string path = at->path().string();
    Result<FileHash> hash = hash_file(parts_.files, path, [this] { return stopping_.load(); });
    if (!hash.is_ok()) return hash.status();
    files.emplace(path.substr(directory.size() + 1), std::move(*hash));
  }
  return error ? Status(Code::internal, directory + ": " + error.message()) : Status::ok();
}

Page BackupSource::show() const {
  std::lock_guard lock(mutex_);
  Json page = {{"id", id_}, {"state", kStates[static_cast<int>(state_)]}};
  if (!error_.empty()) page["error"] = error_;
  page["storages"] = Json::array();
  for (const Source& source : parts_.sources)
    page["storages"].push_back({{"name", source.store->name()}, {"plugin", source.plugin}});
  page["files"] = Json::array();
  for (const auto& [path, hash] : files_)
    page["files"].push_back({{"path", path}, {"size", hash.size}, {"sha256", hash.sha256}});
  return json_page(page);
}

void BackupSource::read(Piece piece, Executor& home, Done done) {
  {
    std::lock_guard lock(mutex_);
    if (id_ == piece.id) touched_ = parts_.clock.now();
  }
  parts_.background.run([this, &home, piece = std::move(piece), done = std::move(done)]() mutable {
    home.post([bytes = read_now(piece), done = std::move(done)]() mutable {
      if (!bytes.is_ok()) return done(bytes.status());
      done(Page{"application/octet-stream", std::move(*bytes)});
    });
  });
}

// Only what show() lists is read: no path is made of what was asked.
Result<Bytes> BackupSource::read_now(const Piece& piece) const {
  Path path;
  {
    std::lock_guard lock(mutex_);
    const auto file = files_.find(piece.file);
    if (id_ != piece.id || state_ != State::ready)
      return Status(Code::not_found, "there is no backup " + piece.id + " here; perhaps the node was started again");
    if (file == files_.end()) return Status(Code::not_found, "the backup has no file \"" + piece.file + "\"");
    if (piece.length > kMaxPiece || piece.offset > file->second.size || piece.length > file->second.size - piece.offset)
      return Status(Code::invalid_argument, "a piece that the file does not have, or of more than 4 MiB");
    path = parts_.directory + "/" + id_ + "/" + file->first;
  }
  const Result<std::unique_ptr<File>> file = parts_.files.open(path, OpenMode::read);
  if (!file.is_ok()) return file.status();
  return (*file)->read(piece.offset, piece.length);
}

void BackupSource::end(const std::string& id, Executor& home, Done done) {
  {
    std::lock_guard lock(mutex_);
    if (id_ == id && state_ != State::none) {
      state_ = State::none;
      id_.clear();
      error_.clear();
      files_.clear();
    }
  }
  parts_.background.run([this, id, &home, done = std::move(done)]() mutable {
    if (is_backup_id(id)) remove_tree(parts_.directory + "/" + id);
    home.post([this, done = std::move(done)]() mutable { done(show()); });
  });
}

}  // namespace stator
