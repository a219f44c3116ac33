#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "kernel/causality/hybrid_clock.h"
#include "kernel/replica/store.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/stamps.h"

namespace stator {

/// The node's clock, and the high-water mark that keeps it honest across restarts: every store holds a limit that runs
/// a few seconds ahead, and no stamp above the highest durable one is given. [any-thread, but start and stop]
class ClockKeeper final : public Stamps {
 public:
  struct Options {
    Stamp start;             ///< the highest limit found on disk
    std::uint16_t life = 0;  ///< chance of this process's life, for its epochs
    std::chrono::milliseconds max_skew{10'000};
    std::chrono::milliseconds lead{
        3'000};  ///< at most, and a third of max_skew: after a crash the clock goes on at the limit
  };

  /// `executor` is the first loop; stores outlive the keeper.
  ClockKeeper(Executor& executor, std::vector<Store*> stores, Options options);

  /// Makes a first limit durable, before any loop runs. [startup, blocking]
  Status start();
  /// Keeps raising it, from then on. On the first loop.
  void run();
  /// No more renewals begin. On the first loop.
  void stop();

  std::optional<Stamp> next() override;
  Stamp epoch_of(Stamp stamp) const override { return {stamp.bits ^ options_.life}; }
  Stamp now() override { return clock_.read(executor_.wall_millis()); }
  Stamp birth() override;
  bool observe(Stamp stamp) override;
  Stamp last() const { return clock_.last(); }

 private:
  /// Above the wall by the lead, and above the clock by at least `ahead`.
  Stamp wanted_limit(std::chrono::milliseconds ahead) const;
  void renew();
  void request_renewal();

  Executor& executor_;
  const std::vector<Store*> stores_;
  const Options options_;
  HybridClock clock_;
  std::atomic<bool> requested_{false};
  // Below: the first loop alone.
  bool running_ = false;
  std::size_t outstanding_ = 0;
  Stamp renewing_;
  TimerId timer_ = 0;
};

}  // namespace stator
