#include "kernel/healing/repair_line.h"

namespace stator {
namespace {

constexpr std::chrono::seconds kPatience{2};

}  // namespace

void RepairLine::ask(const char* method, Encode encode, PeerLinks::Done done) {
  ++under_way_;
  wait_or_send(method, std::move(encode), std::move(done));
}

void RepairLine::wait_or_send(const char* method, Encode encode, PeerLinks::Done done) {
  const Duration wait = tools_.budget.wait(tools_.executor.now());
  if (wait <= Duration(0)) return send(method, std::move(encode), std::move(done));
  tools_.executor.after(wait, [this, method, encode = std::move(encode), done = std::move(done)]() mutable {
    wait_or_send(method, std::move(encode), std::move(done));
  });
}

void RepairLine::send(const char* method, Encode encode, PeerLinks::Done done) {
  const TimePoint now = tools_.executor.now();
  const TimePoint deadline = now + kPatience;
  Frame frame = encode({deadline, {}}, now);
  spend(frame->size());
  tools_.links.call(peer_, {method, std::move(frame), deadline},
                    [this, done = std::move(done)](Result<Frame> reply) mutable {
                      --under_way_;
                      if (reply.is_ok()) spend((*reply)->size());
                      done(std::move(reply));
                    });
}

void RepairLine::spend(std::size_t bytes) {
  tools_.counters.anti_entropy_bytes += bytes;
  tools_.budget.spend(bytes, tools_.executor.now());
}

}  // namespace stator
