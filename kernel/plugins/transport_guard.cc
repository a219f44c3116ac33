#include "kernel/plugins/transport_guard.h"

#include <utility>

namespace stator {
namespace {

/// A completion that insists on being called. Whoever holds it drops it uncalled at the price of a fault.
class Insisting {
 public:
  Insisting(FaultLog& faults, Transport::Done done) : faults_(&faults), done_(std::move(done)) {}
  Insisting(Insisting&&) noexcept = default;
  Insisting& operator=(Insisting&&) = delete;
  Insisting(const Insisting&) = delete;
  Insisting& operator=(const Insisting&) = delete;
  ~Insisting() {
    if (!done_) return;
    Status lost = faults_->record("call", "it dropped a completion");
    faults_->host().post([done = std::move(done_), lost]() mutable { done(lost); });
  }
  void operator()(Result<Frame> reply) {
    if (!done_) {
      // A second answer has nobody to go to.
      static_cast<void>(faults_->record("call", "it completed a call twice"));
      return;
    }
    std::exchange(done_, nullptr)(std::move(reply));
  }

 private:
  FaultLog* faults_;
  Transport::Done done_;
};

}  // namespace

Status TransportGuard::start(const std::string& listen, Clients* clients, Peers* peers) {
  return guarded(faults_, "start", [&] { return transport_->start(listen, clients, peers); });
}

std::string TransportGuard::address() const {
  return guarded(
      faults_, "address", [&] { return transport_->address(); }, [](const Status&) { return std::string(); });
}

void TransportGuard::call(const std::string& address, Frame request, TimePoint deadline, Done done) {
  Done insisting = Insisting(faults_, std::move(done));
  guarded(
      faults_, "call", [&] { transport_->call(address, std::move(request), deadline, std::move(insisting)); },
      [](const Status&) {});
}

void TransportGuard::stop() {
  guarded(
      faults_, "stop", [&] { transport_->stop(); }, [](const Status&) {});
}

}  // namespace stator
