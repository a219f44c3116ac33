#include <algorithm>
#include <random>
#include <utility>

#include "modelled_state.h"

namespace stator::testing {

void ModelledDisk::State::NameChange::apply(Names& names) const {
  if (!gone.empty()) names.erase(gone);
  if (!come.empty()) names[come] = inode;
}

ModelledDisk::State::Fate ModelledDisk::State::begin(std::uint64_t life) {
  if (dead(life)) return Fate::dead;
  ++operations;
  if (!strikes(power_cut_in)) return Fate::done;
  power_off = true;
  return Fate::half;
}

bool ModelledDisk::State::strikes(std::uint64_t& countdown) {
  if (countdown == 0 || --countdown != 0) return false;
  fault_met = true;
  return true;
}

void ModelledDisk::State::change(NameChange change) {
  change.apply(names);
  unsynced_names.push_back(std::move(change));
}

void ModelledDisk::State::sync_names(const Path& directory) {
  std::vector<NameChange> others;
  for (NameChange& change : unsynced_names) {
    const bool here = (!change.gone.empty() && parent_of(change.gone) == directory) ||
                      (!change.come.empty() && parent_of(change.come) == directory);
    if (here) {
      change.apply(durable_names);
    } else {
      others.push_back(std::move(change));
    }
  }
  unsynced_names = std::move(others);
}

void ModelledDisk::State::crash(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (const NameChange& change : unsynced_names) {
    if (random() % 2 == 0) change.apply(durable_names);
  }
  unsynced_names.clear();
  names = durable_names;
  for (auto& [path, inode] : names) inode->crash(random);
  start_anew();
}

void ModelledDisk::State::crash(const Remains& remains) {
  std::uint64_t unit = 0;
  for (const NameChange& change : unsynced_names) {
    if (remains.name(unit++)) change.apply(durable_names);
  }
  unit = 0;
  for (const Inode& inode : inodes()) {
    const std::uint64_t first = unit;
    unit += inode->unsynced_blocks(remains.block);
    inode->crash(remains.block, [&](std::uint64_t nth) { return remains.data(first + nth); });
  }
  unsynced_names.clear();
  names = durable_names;
  start_anew();
}

std::vector<ModelledDisk::State::Inode> ModelledDisk::State::inodes() const {
  std::vector<Inode> found;
  auto add = [&found](const Names& from) {
    for (const auto& [path, inode] : from) {
      if (std::find(found.begin(), found.end(), inode) == found.end()) found.push_back(inode);
    }
  };
  add(names);
  add(durable_names);
  return found;
}

void ModelledDisk::State::start_anew() {
  ++current_life;
  locks.clear();
  power_off = false;
  power_cut_in = sync_fails_in = write_fails_in = 0;
  capacity = UINT64_MAX;
}

std::uint64_t ModelledDisk::State::used() const {
  std::uint64_t sum = 0;
  for (const auto& [path, inode] : names) sum += inode->size();
  return sum;
}

bool ModelledDisk::State::has_room(std::uint64_t growth) const {
  if (growth == 0) return true;
  const std::uint64_t had = used();
  return had <= capacity && growth <= capacity - had;
}

ModelledDisk::ModelledDisk() : state_(std::make_shared<State>()) {}
ModelledDisk::~ModelledDisk() = default;

void ModelledDisk::crash(std::uint64_t seed) {
  std::lock_guard lock(state_->mutex);
  state_->crash(seed);
}

void ModelledDisk::crash(const Remains& remains) {
  std::lock_guard lock(state_->mutex);
  state_->crash(remains);
}

ModelledDisk::Unsynced ModelledDisk::unsynced(std::uint64_t block) const {
  std::lock_guard lock(state_->mutex);
  Unsynced unsynced{.names = state_->unsynced_names.size()};
  for (const State::Inode& inode : state_->inodes()) unsynced.blocks += inode->unsynced_blocks(block);
  return unsynced;
}

void ModelledDisk::kill() {
  std::lock_guard lock(state_->mutex);
  state_->start_anew();
}

std::uint64_t ModelledDisk::operations() const {
  std::lock_guard lock(state_->mutex);
  return state_->operations;
}

void ModelledDisk::cut_power_at(std::uint64_t nth) {
  std::lock_guard lock(state_->mutex);
  state_->power_cut_in = nth;
  state_->fault_met = false;
}

void ModelledDisk::fail_sync_at(std::uint64_t nth, Status error) {
  std::lock_guard lock(state_->mutex);
  state_->sync_fails_in = nth;
  state_->sync_error = std::move(error);
  state_->fault_met = false;
}

void ModelledDisk::fail_write_at(std::uint64_t nth, Status error) {
  std::lock_guard lock(state_->mutex);
  state_->write_fails_in = nth;
  state_->write_error = std::move(error);
  state_->fault_met = false;
}

void ModelledDisk::set_capacity(std::uint64_t bytes) {
  std::lock_guard lock(state_->mutex);
  state_->capacity = bytes;
}

bool ModelledDisk::fault_met() const {
  std::lock_guard lock(state_->mutex);
  return state_->fault_met;
}

std::unique_ptr<ModelledDisk> ModelledDisk::copy() const {
  std::lock_guard lock(state_->mutex);
  auto twin = std::make_unique<ModelledDisk>();
  State& to = *twin->state_;
  std::map<const ModelledInode*, State::Inode> twins;
  auto twin_of = [&twins](const State::Inode& inode) {
    if (inode == nullptr) return inode;
    State::Inode& found = twins[inode.get()];
    if (found == nullptr) found = std::make_shared<ModelledInode>(*inode);
    return found;
  };
  for (const auto& [path, inode] : state_->names) to.names[path] = twin_of(inode);
  for (const auto& [path, inode] : state_->durable_names) to.durable_names[path] = twin_of(inode);
  for (const auto& [gone, come, inode] : state_->unsynced_names)
    to.unsynced_names.push_back({gone, come, twin_of(inode)});
  to.directories = state_->directories;
  to.operations = state_->operations;
  return twin;
}

Bytes ModelledDisk::contents(const Path& path) const {
  std::lock_guard lock(state_->mutex);
  auto found = state_->names.find(path);
  return found == state_->names.end() ? Bytes() : found->second->read(0, found->second->size());
}

void ModelledDisk::replace(const Path& path, BytesView bytes) {
  std::lock_guard lock(state_->mutex);
  auto inode = std::make_shared<ModelledInode>();
  inode->write(0, bytes);
  inode->sync();
  state_->names[path] = state_->durable_names[path] = inode;
  for (Path parent = parent_of(path); parent != "/"; parent = parent_of(parent)) state_->directories.insert(parent);
}

void ModelledDisk::corrupt(const Path& path, std::uint64_t offset, char mask) {
  std::lock_guard lock(state_->mutex);
  ModelledInode& inode = *state_->names.at(path);
  Bytes byte = inode.read(offset, 1);
  byte.at(0) = static_cast<char>(byte.at(0) ^ mask);
  inode.write(offset, byte);
  inode.sync();
}

void ModelledDisk::lose(const Path& path) {
  std::lock_guard lock(state_->mutex);
  state_->names.erase(path);
  state_->durable_names.erase(path);
}

}  // namespace stator::testing
