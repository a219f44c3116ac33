#include "stator/testing/modelled_files.h"

#include <algorithm>
#include <utility>

#include "modelled_state.h"

namespace stator::testing {
namespace {

Status off() { return Status(Code::internal, "the power is off, or this process is dead"); }
Status missing(const Path& path) { return Status(Code::not_found, path + ": no such file"); }
Status full(const Path& path) { return Status(Code::storage_full, path + ": no space left on the modelled disk"); }

}  // namespace

class ModelledFile final : public File {
 public:
  using State = ModelledDisk::State;
  ModelledFile(std::shared_ptr<State> state, std::uint64_t life, State::Inode inode, Path path)
      : state_(std::move(state)), life_(life), inode_(std::move(inode)), path_(std::move(path)) {}

  Status write(std::uint64_t offset, BytesView data) override {
    std::lock_guard lock(state_->mutex);
    const State::Fate fate = state_->begin(life_);
    if (fate == State::Fate::dead) return off();
    const std::uint64_t end = offset + data.size();
    if (!state_->has_room(end > inode_->size() ? end - inode_->size() : 0)) return full(path_);
    if (state_->strikes(state_->write_fails_in)) {
      inode_->write(offset, data.substr(0, data.size() / 2));
      return state_->write_error;
    }
    inode_->write(offset, data);
    return fate == State::Fate::done ? Status::ok() : off();
  }

  Result<Bytes> read(std::uint64_t offset, std::size_t size) override {
    std::lock_guard lock(state_->mutex);
    if (state_->dead(life_)) return off();
    return inode_->read(offset, size);
  }

  Result<std::uint64_t> size() override {
    std::lock_guard lock(state_->mutex);
    if (state_->dead(life_)) return off();
    return inode_->size();
  }

  Status resize(std::uint64_t size) override {
    std::lock_guard lock(state_->mutex);
    const State::Fate fate = state_->begin(life_);
    if (fate == State::Fate::dead) return off();
    if (!state_->has_room(size > inode_->size() ? size - inode_->size() : 0)) return full(path_);
    inode_->resize(size);
    return fate == State::Fate::done ? Status::ok() : off();
  }

  Status sync() override {
    std::lock_guard lock(state_->mutex);
    if (state_->begin(life_) != State::Fate::done) return off();
    if (state_->strikes(state_->sync_fails_in)) {
      inode_->fail_sync();
      return state_->sync_error;
    }
    inode_->sync();
    return Status::ok();
  }

 private:
  std::shared_ptr<State> state_;
  std::uint64_t life_;
  State::Inode inode_;
  Path path_;
};

class ModelledLock final : public FileLock {
 public:
  ModelledLock(std::shared_ptr<ModelledDisk::State> state, std::uint64_t life, Path path)
      : state_(std::move(state)), life_(life), path_(std::move(path)) {}
  ~ModelledLock() override {
    std::lock_guard lock(state_->mutex);
    if (life_ == state_->current_life) state_->locks.erase(path_);
  }

 private:
  std::shared_ptr<ModelledDisk::State> state_;
  std::uint64_t life_;
  Path path_;
};

ModelledFiles::ModelledFiles(ModelledDisk& disk) : state_(disk.state_) {
  std::lock_guard lock(state_->mutex);
  life_ = state_->current_life;
}

ModelledFiles::~ModelledFiles() = default;

Result<std::unique_ptr<File>> ModelledFiles::open(const Path& path, OpenMode mode) {
  using State = ModelledDisk::State;
  std::lock_guard lock(state_->mutex);
  if (state_->dead(life_)) return off();
  auto found = state_->names.find(path);
  State::Inode inode = found == state_->names.end() ? nullptr : found->second;
  if (inode == nullptr && (mode != OpenMode::create || !state_->directories.contains(parent_of(path)))) {
    return missing(path);
  }
  if (mode == OpenMode::create) {
    const State::Fate fate = state_->begin(life_);
    if (inode == nullptr) {
      inode = std::make_shared<ModelledInode>();
      state_->change({.come = path, .inode = inode});
    } else {
      inode->resize(0);
    }
    if (fate != State::Fate::done) return off();
  }
  return std::unique_ptr<File>(std::make_unique<ModelledFile>(state_, life_, inode, path));
}

Status ModelledFiles::rename(const Path& from, const Path& to) {
  std::lock_guard lock(state_->mutex);
  const auto fate = state_->begin(life_);
  if (fate == ModelledDisk::State::Fate::dead) return off();
  auto found = state_->names.find(from);
  if (found == state_->names.end()) return missing(from);
  state_->change({.gone = from, .come = to, .inode = found->second});
  return fate == ModelledDisk::State::Fate::done ? Status::ok() : off();
}

Status ModelledFiles::remove(const Path& path) {
  std::lock_guard lock(state_->mutex);
  const auto fate = state_->begin(life_);
  if (fate == ModelledDisk::State::Fate::dead) return off();
  if (!state_->names.contains(path)) return missing(path);
  state_->change({.gone = path});
  return fate == ModelledDisk::State::Fate::done ? Status::ok() : off();
}

Result<std::vector<std::string>> ModelledFiles::list(const Path& directory) {
  std::lock_guard lock(state_->mutex);
  if (state_->dead(life_)) return off();
  if (!state_->directories.contains(directory)) return missing(directory);
  std::vector<std::string> names;
  auto add = [&](const Path& path) {
    if (path != "/" && parent_of(path) == directory) names.push_back(path.substr(path.find_last_of('/') + 1));
  };
  for (const auto& [path, inode] : state_->names) add(path);
  for (const Path& path : state_->directories) add(path);
  std::sort(names.begin(), names.end());
  return names;
}

Status ModelledFiles::create_directory(const Path& directory) {
  std::lock_guard lock(state_->mutex);
  const auto fate = state_->begin(life_);
  if (fate != ModelledDisk::State::Fate::done) return off();
  for (Path path = directory; path != "/"; path = parent_of(path)) state_->directories.insert(path);
  return Status::ok();
}

Status ModelledFiles::sync_directory(const Path& directory) {
  std::lock_guard lock(state_->mutex);
  if (state_->begin(life_) != ModelledDisk::State::Fate::done) return off();
  if (!state_->directories.contains(directory)) return missing(directory);
  state_->sync_names(directory);
  return Status::ok();
}

Result<std::unique_ptr<FileLock>> ModelledFiles::lock(const Path& path) {
  std::lock_guard lock(state_->mutex);
  if (state_->dead(life_)) return off();
  if (!state_->locks.insert(path).second) return Status(Code::unavailable, path + " is held by another process");
  if (!state_->names.contains(path)) state_->change({.come = path, .inode = std::make_shared<ModelledInode>()});
  return std::unique_ptr<FileLock>(std::make_unique<ModelledLock>(state_, life_, path));
}

Result<DiskSpace> ModelledFiles::space(const Path& directory) {
  std::lock_guard lock(state_->mutex);
  if (state_->dead(life_)) return off();
  if (!state_->directories.contains(directory)) return missing(directory);
  const std::uint64_t used = state_->used();
  return DiskSpace{state_->capacity - std::min(used, state_->capacity), std::max(used, state_->capacity)};
}

}  // namespace stator::testing
