#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "kernel/seams/executor.h"
#include "stator/task.h"

namespace stator {

/// Where reads of a storage are made that may wait for a disk: off the loops. Only a storage that declares
/// "reads-may-block" has them; every other is read where the request is. [any loop]
class Readers {
 public:
  virtual ~Readers() = default;
  /// Runs `read` elsewhere, and then `then` on `home`, never inside the call. Several reads may run at the same time
  /// and end in any order. `read` is destroyed before `then` runs.
  virtual void run(Executor& home, Task read, Task then) = 0;
};

/// What `read` gives, to `done`: at once if `readers` is null, that is when the storage's reads never block; else on
/// `home`, when a reader has made it. `read` runs on any thread then.
template <typename Read, typename Done>
void read_with(Readers* readers, Executor& home, Read read, Done done) {
  if (readers == nullptr) return done(read());
  // shared: by the reader that fills it and the loop that takes it
  auto outcome = std::make_shared<std::optional<decltype(read())>>();
  readers->run(
      home, [outcome, read = std::move(read)]() mutable { outcome->emplace(read()); },
      [outcome, done = std::move(done)]() mutable { done(std::move(**outcome)); });
}

}  // namespace stator
