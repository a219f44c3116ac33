#pragma once

#include <cstdint>
#include <string>

#include "kernel/plugins/fault_log.h"
#include "kernel/plugins/instance.h"
#include "stator/transport.h"

namespace stator {

/// A transport that throws nothing and completes every call: one that throws out of `call`, or loses the completion,
/// has it answered with `internal`, through the host and therefore never inside the call. Costs an allocation a call.
/// Threads as Transport.
class TransportGuard final : public Transport {
 public:
  TransportGuard(Instance<Transport> transport, Host& host, std::string label)
      : faults_(host, std::move(label)), transport_(std::move(transport)) {}

  Status start(const std::string& listen, Clients* clients, Peers* peers) override;
  std::string address() const override;
  void call(const std::string& address, Frame request, TimePoint deadline, Done done) override;
  void stop() override;
  std::uint64_t faults() const { return faults_.count(); }

 private:
  mutable FaultLog faults_;  ///< before the transport: completions it loses at its end are recorded too
  Instance<Transport> transport_;
};

}  // namespace stator
