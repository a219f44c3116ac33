#include "kernel/healing/repair_line.h"

namespace stator {
namespace {

constexpr std::chrono::seconds kPatience{2};

}  // namespace

// Rests once: who waited for the loop to have rested does not wait for what others have done meanwhile.
void RepairLine::ask(const char* method, Encode encode, PeerLinks::Done done) {
  ++under_way_;
  const Duration rest = PacedLoop{tools_.executor, tools_.cpu}.rest();
  if (rest <= Duration(0)) return ask_rested(method, std::move(encode), std::move(done));
  tools_.executor.after(rest, [this, method, encode = std::move(encode), done = std::move(done)]() mutable {
    ask_rested(method, std::move(encode), std::move(done));
  });
}

void RepairLine::ask_rested(const char* method, Encode encode, PeerLinks::Done done) {
  const Duration wait = tools_.budget.wait(tools_.executor.now());
  if (wait <= Duration(0)) return send(method, std::move(encode), std::move(done));
  tools_.executor.after(wait, [this, method, encode = std::move(encode), done = std::move(done)]() mutable {
    ask_rested(method, std::move(encode), std::move(done));
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
                      const TimedWork work(tools_.executor, tools_.cpu);
                      done(std::move(reply));
                    });
}

void RepairLine::spend(std::size_t bytes) {
  tools_.counters.anti_entropy_bytes += bytes;
  tools_.budget.spend(bytes, tools_.executor.now());
}

}  // namespace stator
