#pragma once

#include <string>

#include "kernel/plugins/fault_log.h"
#include "stator/scrubbing.h"

namespace stator {

/// A Scrubbing that throws nothing. Threads as Scrubbing.
class ScrubbingGuard final : public Scrubbing {
 public:
  /// The scrubbing and the host outlive it.
  ScrubbingGuard(Scrubbing& scrubbing, Host& host, std::string label)
      : scrubbing_(scrubbing), faults_(host, std::move(label)) {}

  Result<Piece> scrub_piece() override {
    return guarded(faults_, "scrub_piece", [&] { return scrubbing_.scrub_piece(); });
  }

 private:
  Scrubbing& scrubbing_;
  FaultLog faults_;
};

}  // namespace stator
