#pragma once

#include "kernel/loops/background_pool.h"
#include "kernel/seams/readers.h"

namespace stator {

/// The production readers: a small pool of threads, first come, first served. [any loop]
class ThreadedReaders final : public Readers {
 public:
  explicit ThreadedReaders(int threads) : pool_(threads, "reader") {}

  void run(Executor& home, Task read, Task then) override;
  /// Makes the reads that wait and ends the threads; what comes later is destroyed unrun. The loops must be alive until
  /// this returned. May be called twice. [any-thread but a loop, blocking]
  void stop() { pool_.stop(); }

 private:
  BackgroundPool pool_;
};

}  // namespace stator
