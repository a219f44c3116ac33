// Breaks one law of carriers, the one that its option names, and keeps the others; without one it keeps them all.
#include <dlfcn.h>

#include <atomic>
#include <csignal>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "stator/plugin.h"
#include "stator/transport.h"

namespace {

using namespace stator;
using std::chrono::seconds;

/// The carrier "tcp" as it stands in the build directory.
std::unique_ptr<Transport> make_tcp(Host& host) {
  static const auto* plugin =
      static_cast<const stator_plugin_descriptor*>(::dlsym(::dlopen(HONEST_CARRIER, RTLD_NOW), "stator_plugin"));
  const Config config("honest", {{"max_in_flight", std::int64_t{65536}},
                                 {"max_queued_bytes", std::int64_t{64 << 20}},
                                 {"connect_timeout", Duration(seconds(2))},
                                 {"peer_silence", Duration(seconds(5))}});
  Status why;
  return std::unique_ptr<Transport>(static_cast<Transport*>(plugin->create(host, config, why)));
}

/// A call, but for how it ended.
struct Call {
  std::string address;
  Frame request;
  TimePoint deadline;
  Transport::Done done;
};

/// An honest carrier. What passes through it, to the kernel and from it, is there to be changed.
class Honest : public Transport, public Peers {
 public:
  explicit Honest(Host& lender) : host(lender), loops(*extension<Loops>(lender)), carrier(make_tcp(lender)) {}

  Status start(const std::string& listen, Clients* clients, Peers* behind) override {
    peers = behind;
    return carrier->start(listen, clients, this);
  }
  std::string address() const override { return carrier->address(); }
  void call(const std::string& to, Frame request, TimePoint deadline, Done done) override {
    carrier->call(to, request, deadline,
                  [this, call = Call{to, request, deadline, std::move(done)}](Result<Frame> outcome) mutable {
                    end(std::move(call), std::move(outcome));
                  });
  }
  void stop() override {
    stopped = true;
    carrier->stop();
  }

  Bytes hello() override { return peers->hello(); }
  Result<std::string> meet(BytesView hello) override { return peers->meet(hello); }
  void receive(const std::string& node, Frame request, Reply reply) override {
    peers->receive(node, std::move(request), std::move(reply));
  }

  virtual void end(Call call, Result<Frame> outcome) { call.done(std::move(outcome)); }

 protected:
  Host& host;
  Loops& loops;
  Peers* peers = nullptr;
  std::atomic<bool> stopped = false;
  const std::unique_ptr<Transport> carrier;
};

constexpr std::size_t kGreat = 1 << 20;

struct CutsGreatFrames final : Honest {
  using Honest::Honest;
  void end(Call call, Result<Frame> outcome) override {
    if (outcome.is_ok()) outcome = std::make_shared<const Bytes>((*outcome)->substr(0, kGreat));
    call.done(std::move(outcome));
  }
};

struct AnswersTwice final : Honest {
  using Honest::Honest;
  void end(Call call, Result<Frame> outcome) override {
    call.done(outcome);
    if (outcome.is_ok() && (*outcome)->size() > kGreat) call.done(std::move(outcome));
  }
};

/// Mistakes a reply for another when very many are awaited.
struct SwapsReplies final : Honest {
  using Honest::Honest;
  void call(const std::string& to, Frame request, TimePoint deadline, Done done) override {
    ++awaited;
    Honest::call(to, std::move(request), deadline, std::move(done));
  }
  void end(Call call, Result<Frame> outcome) override {
    constexpr int kVeryMany = 500;
    if (--awaited > kVeryMany && !held) return void(held.emplace(std::move(call.done), std::move(outcome)));
    if (held) {
      auto [other, its_own] = *std::exchange(held, std::nullopt);
      other(std::exchange(outcome, std::move(its_own)));
    }
    call.done(std::move(outcome));
  }
  std::atomic<int> awaited = 0;
  std::optional<std::pair<Done, Result<Frame>>> held;  ///< of the one loop that has so many
};

struct EndsTooEarly final : Honest {
  using Honest::Honest;
  void call(const std::string& to, Frame request, TimePoint deadline, Done done) override {
    const TimePoint now = host.now();
    Honest::call(to, std::move(request), now + (deadline - now) / 2, std::move(done));
  }
};

struct EndsInsideTheCall final : Honest {
  using Honest::Honest;
  void call(const std::string& to, Frame request, TimePoint deadline, Done done) override {
    if (deadline <= host.now()) return done(Status(Code::deadline_exceeded, "late"));
    Honest::call(to, std::move(request), deadline, std::move(done));
  }
};

struct AnswersElsewhere final : Honest {
  using Honest::Honest;
  void end(Call call, Result<Frame> outcome) override {
    if (loops.current() < 2) return call.done(std::move(outcome));
    loops.post(0, [done = std::move(call.done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
  }
};

struct ClaimsAnyAddress final : Honest {
  using Honest::Honest;
  Status start(const std::string& listen, Clients* clients, Peers* behind) override {
    (void)Honest::start(listen, clients, behind);
    return Status::ok();
  }
};

struct ForgetsThatItStopped final : Honest {
  using Honest::Honest;
  void receive(const std::string& node, Frame request, Reply reply) override {
    Honest::receive(node, std::move(request), [this, reply = std::move(reply)](Frame answer) mutable {
      if (stopped) std::raise(SIGKILL);  // as good as what becomes of the use of a link that is gone
      reply(std::move(answer));
    });
  }
};

struct BlamesTheCaller final : Honest {
  using Honest::Honest;
  void end(Call call, Result<Frame> outcome) override {
    if (call.address.find(':') == std::string::npos) outcome = Status(Code::invalid_argument, "no address");
    call.done(std::move(outcome));
  }
};

/// The second loop has a carrier of its own, which learns nothing from the first's.
struct KeepsLoopsApart final : Honest {
  explicit KeepsLoopsApart(Host& lender) : Honest(lender), second(make_tcp(lender)) {}
  Status start(const std::string& listen, Clients* clients, Peers* behind) override {
    (void)second->start("", clients, behind);
    return Honest::start(listen, clients, behind);
  }
  void call(const std::string& to, Frame request, TimePoint deadline, Done done) override {
    if (loops.current() != 1) return Honest::call(to, std::move(request), deadline, std::move(done));
    second->call(to, std::move(request), deadline, std::move(done));
  }
  void stop() override {
    second->stop();
    Honest::stop();
  }
  const std::unique_ptr<Transport> second;
};

/// Waits on for who has never said a word, and has no name for it in the end.
struct WaitsForTheSilent final : Honest {
  using Honest::Honest;
  Result<std::string> meet(BytesView hello) override {
    has_met = true;
    return Honest::meet(hello);
  }
  void end(Call call, Result<Frame> outcome) override {
    if (outcome.status().code() != Code::deadline_exceeded) return call.done(std::move(outcome));
    host.after(has_met ? seconds(0) : seconds(2), [this, call = std::move(call), outcome]() mutable {
      call.done(has_met ? std::move(outcome) : Status(Code::internal, "nobody knows"));
    });
  }
  std::atomic<bool> has_met = false;
};

struct HidesTheReason final : Honest {
  using Honest::Honest;
  void end(Call call, Result<Frame> outcome) override {
    const Code code = outcome.status().code();
    call.done(code == Code::unavailable ? Status(code, "something went wrong") : std::move(outcome));
  }
};

struct MeetsEverybody final : Honest {
  using Honest::Honest;
  Result<std::string> meet(BytesView hello) override { return std::string(hello); }
};

struct CannotBeCalledOnceStopped final : Honest {
  using Honest::Honest;
  void call(const std::string& to, Frame request, TimePoint deadline, Done done) override {
    if (!stopped) return Honest::call(to, std::move(request), deadline, std::move(done));
    host.post([done = std::move(done)]() mutable { done(Status(Code::internal, "it has been stopped")); });
  }
};

struct CallsALostLinkABug final : Honest {
  using Honest::Honest;
  void end(Call call, Result<Frame> outcome) override {
    constexpr std::size_t kInPieces = 4096;
    const bool lost = outcome.status().code() == Code::unavailable && call.request->size() > kInPieces;
    call.done(lost ? Status(Code::internal, "half of a frame was sent") : std::move(outcome));
  }
};

struct SendsAgain final : Honest {
  using Honest::Honest;
  void end(Call call, Result<Frame> outcome) override {
    if (outcome.status().code() == Code::unavailable)
      carrier->call(call.address, call.request, call.deadline, [](const Result<Frame>&) {});
    call.done(std::move(outcome));
  }
};

/// Takes what comes behind the opening of somebody whom nobody knows for a request.
struct ServesStrangers final : Honest {
  using Honest::Honest;
  Result<std::string> meet(BytesView hello) override {
    if (hello.starts_with("strange")) peers->receive("", std::make_shared<const Bytes>(hello), [](const Frame&) {});
    return Honest::meet(hello);
  }
};

template <typename Liar>
std::unique_ptr<Transport> make(Host& host) {
  return std::make_unique<Liar>(host);
}

struct BreaksALaw : Transport {
  static std::unique_ptr<Transport> create(Host& host, const Config& config, Status& why) {
    static const std::map<std::string, std::unique_ptr<Transport> (*)(Host&)> kLiars = {
        {"none", make<Honest>},
        {"EchoesEverySize", make<CutsGreatFrames>},
        {"EchoesEverySize, but twice", make<AnswersTwice>},
        {"MatchesRepliesInAnyOrder", make<SwapsReplies>},
        {"KeepsDeadlines", make<EndsTooEarly>},
        {"KeepsDeadlines, but inside the call", make<EndsInsideTheCall>},
        {"ServesEveryLoop", make<AnswersElsewhere>},
        {"NamesTheAddressItCannotTake", make<ClaimsAnyAddress>},
        {"AReplyMayOutliveItsLink", make<ForgetsThatItStopped>},
        {"AnUnreachablePeerIsUnavailable", make<BlamesTheCaller>},
        {"WhatOneLoopReachesIsOpenToAll", make<KeepsLoopsApart>},
        {"ASilentPeerIsNoHang", make<WaitsForTheSilent>},
        {"TellsWhyAHelloWasRefused", make<HidesTheReason>},
        {"TellsWhyAHelloWasRefused, if it is read", make<MeetsEverybody>},
        {"StopCompletesEverything", make<CannotBeCalledOnceStopped>},
        {"ALostLinkCompletesEverything", make<CallsALostLinkABug>},
        {"NeverRetries", make<SendsAgain>},
        {"HostileBytesDisturbNobody", make<ServesStrangers>},
    };
    const auto liar = kLiars.find(config.text("law"));
    if (liar != kLiars.end()) return liar->second(host);
    why = Status(Code::invalid_argument, "no liar for the law " + config.text("law"));
    return nullptr;
  }
};

constexpr stator_option kOptions[] = {{"law", "string", "none", "the law that it breaks"}, {}};

}  // namespace

STATOR_PLUGIN(stator::Transport, BreaksALaw, .name = "breaks_a_law", .version = "1.0.0", .capabilities = "peers",
              .options = kOptions);
