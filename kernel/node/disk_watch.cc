#include "kernel/node/disk_watch.h"

#include <utility>

namespace stator {

DiskWatch::DiskWatch(Parts parts, std::vector<Watched> watched)
    : parts_(std::move(parts)), watched_(std::move(watched)) {
  for (const Watched& each : watched_)
    each.store.room().set_listener([this] { parts_.first_loop.post([this] { look_soon(); }); });
}

DiskWatch::Found DiskWatch::measure() const {
  Found found;
  for (const Watched& each : watched_) found.push_back(each.probe.measure());
  return found;
}

// A disk that cannot be asked is taken for what it was.
void DiskWatch::note(const Found& found) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    Watched& each = watched_[i];
    if (found[i].is_ok()) each.store.room().measured(*found[i]);
    const Room now = each.store.room().room();
    if (std::exchange(each.told, now) != now && parts_.on_change) parts_.on_change(each.store);
  }
}

void DiskWatch::look() { note(measure()); }

void DiskWatch::run() {
  running_ = true;
  arm();
}

void DiskWatch::stop() {
  running_ = false;
  parts_.first_loop.cancel(std::exchange(timer_, 0));
}

void DiskWatch::arm() {
  if (!running_ || watched_.empty()) return;
  timer_ = parts_.first_loop.after(kEvery, [this] {
    timer_ = 0;
    look_soon();
    arm();
  });
}

// Never two at a time: of a disk that hangs the first does not come back.
void DiskWatch::look_soon() {
  if (!running_) return;
  if (looking_) {
    again_ = true;
    return;
  }
  if (parts_.background == nullptr) return look();
  looking_ = true;
  parts_.background->run([this] { parts_.first_loop.post([this, found = measure()] { finish(found); }); });
}

void DiskWatch::finish(const Found& found) {
  looking_ = false;
  note(found);
  if (std::exchange(again_, false)) look_soon();
}

}  // namespace stator
