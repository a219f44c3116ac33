#pragma once

#include <functional>

#include "kernel/files/posix_files.h"
#include "kernel/loops/background_pool.h"
#include "stator/host.h"
#include "stator/salvage.h"

namespace stator {

/// What a tool lends to a plugin when no node runs: real files and clock, a background, but no loops, and so no timers:
/// what is asked for later never comes. Storage plugins need no more. [any-thread]
class OfflineHost final : public Host {
 public:
  using Say = std::function<void(LogLevel level, std::string_view text)>;

  /// `say` is told what plugins log; [concurrent].
  explicit OfflineHost(Say say) : say_(std::move(say)), background_(1) {}

  void log(LogLevel level, std::string_view text) override { say_(level, text); }
  TimePoint now() const override;
  Stamp stamp() override;
  std::uint64_t random() override;
  void post(Task task) override { background_.run(std::move(task)); }
  TimerId after(Duration /*delay*/, Task /*task*/) override { return 0; }
  void cancel(TimerId /*timer*/) override {}
  Files& files() override { return files_; }
  void* extension(std::string_view id) override;
  /// Storages that are made from now on may offer a Salvage there. Outlives them.
  void lend_offers(SalvageOffers& offers) { offers_ = &offers; }

 private:
  const Say say_;
  PosixFiles files_;
  BackgroundPool background_;
  SalvageOffers* offers_ = nullptr;
};

}  // namespace stator
