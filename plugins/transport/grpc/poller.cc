#include "poller.h"

#include <grpc/support/time.h>
#include <pthread.h>

namespace stator::grpc_transport {
namespace {

// Events taken before the loops hear of them: bounds how long the first one waits for the last.
constexpr int kBatch = 64;

}  // namespace

Poller::Poller(std::unique_ptr<grpc::CompletionQueue> queue, Loops& loops)
    : queue_(std::move(queue)), loops_(loops), handed_(static_cast<std::size_t>(loops.count())) {}

Poller::~Poller() { stop(); }

void Poller::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "stator-grpc");
}

void Poller::hand_to(int loop, Event& event, bool ok) {
  handed_[static_cast<std::size_t>(loop)].emplace_back(&event, ok);
}

void Poller::stop() {
  if (std::exchange(stopped_, true)) return;
  queue_->Shutdown();
  if (thread_.joinable()) {
    thread_.join();
  } else {
    run();  // gRPC wants a queue drained even if nothing was ever started on it
  }
}

void Poller::run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    static_cast<Event*>(tag)->happened(ok);
    gather();
    flush();
  }
}

void Poller::gather() {
  void* tag = nullptr;
  bool ok = false;
  for (int taken = 1; taken < kBatch; ++taken) {
    if (queue_->AsyncNext(&tag, &ok, gpr_inf_past(GPR_CLOCK_MONOTONIC)) != grpc::CompletionQueue::GOT_EVENT) return;
    static_cast<Event*>(tag)->happened(ok);
  }
}

void Poller::flush() {
  for (std::size_t loop = 0; loop < handed_.size(); ++loop) {
    Handed& handed = handed_[loop];
    if (handed.empty()) continue;
    if (handed.size() == 1) {
      Event* event = handed.front().first;
      const bool ok = handed.front().second;
      handed.clear();
      loops_.post(static_cast<int>(loop), [event, ok] { event->on_loop(ok); });
      continue;
    }
    Handed batch(handed);
    handed.clear();
    loops_.post(static_cast<int>(loop), [batch = std::move(batch)] {
      for (auto [event, ok] : batch) event->on_loop(ok);
    });
  }
}

}  // namespace stator::grpc_transport
