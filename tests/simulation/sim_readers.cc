#include "tests/simulation/sim_readers.h"

#include <utility>

namespace stator::simulation {

void SimReaders::forget() {
  for (const auto& [id, reading] : readings_) scheduler_.cancel(reading.event);
  readings_.clear();
}

void SimReaders::run(Executor& home, Task read, Task then) {
  const std::uint64_t id = ++last_;
  Reading& reading = readings_[id];
  reading.home = &home;
  reading.read = std::move(read);
  reading.then = std::move(then);
  reading.event = scheduler_.after(some_time(), [this, id] { make(id); });
}

void SimReaders::read(Reading& reading) {
  reading_ = true;
  reading.read();
  reading_ = false;
  reading.read = nullptr;
}

void SimReaders::make(std::uint64_t id) {
  Reading& reading = readings_.at(id);
  read(reading);
  reading.event = scheduler_.after(some_time(), [this, id] { end(id); });
}

void SimReaders::end(std::uint64_t id) {
  Reading reading = std::move(readings_.at(id));
  readings_.erase(id);
  reading.home->post(std::move(reading.then));
}

void SimReaders::flush() {
  while (!readings_.empty()) {
    const auto first = readings_.begin();
    scheduler_.cancel(first->second.event);
    if (first->second.read) read(first->second);
    end(first->first);
  }
}

}  // namespace stator::simulation
