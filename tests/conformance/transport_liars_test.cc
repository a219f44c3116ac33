#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "plugins/transport/tcp/tcp.h"
#include "plugins/transport/tcp/wire.h"
#include "stator/testing/transport_laws.h"

// Carriers that are wrong in one way each, and the law that must notice.

namespace stator::testing {
namespace {

/// What a liar does instead of what it was asked to.
enum class Lie {
  swaps_replies,
  answers_inside_the_call,
  answers_on_the_first_loop,
  answers_twice,
  cuts_great_frames,
  ends_before_the_deadline,
  ignores_deadlines,
  keeps_unreachable_to_itself,
  keeps_loops_apart,
  hides_the_reason,
  meets_everybody,
  forgets_calls_at_stop,
  retries,
  claims_any_address,
  takes_offence_at_strangers,
};

class LyingPeers final : public Peers {
 public:
  LyingPeers(Peers& honest, Lie lie) : honest_(honest), lie_(lie) {}
  Bytes hello() override { return honest_.hello(); }
  Result<std::string> meet(BytesView hello) override {
    if (hello == "me") offended_ = true;
    return lie_ == Lie::meets_everybody ? Result<std::string>(std::string(hello)) : honest_.meet(hello);
  }
  void receive(const std::string& node, Frame request, Reply reply) override {
    if (lie_ == Lie::takes_offence_at_strangers && offended_) return;
    honest_.receive(node, std::move(request), std::move(reply));
  }

 private:
  Peers& honest_;
  const Lie lie_;
  std::atomic<bool> offended_{false};
};

class LyingTransport final : public Transport {
 public:
  LyingTransport(Host& host, Lie lie)
      : host_(host),
        loops_(*extension<Loops>(host)),
        lie_(lie),
        honest_(host, loops_, tcp::Options{}),
        apart_(host, loops_, tcp::Options{}) {}
  ~LyingTransport() override { stop(); }

  Status start(const std::string& listen, Clients* clients, Peers* peers) override {
    peers_ = std::make_unique<LyingPeers>(*peers, lie_);
    Status started = honest_.start(listen, clients, peers_.get());
    if (lie_ == Lie::keeps_loops_apart) (void)apart_.start("", clients, peers_.get());
    return lie_ == Lie::claims_any_address ? Status() : started;
  }
  std::string address() const override { return honest_.address(); }

  void call(const std::string& address, Frame request, TimePoint deadline, Done done) override {
    const TimePoint now = host_.now();
    if (lie_ == Lie::answers_inside_the_call && deadline <= now) return done(Status(Code::deadline_exceeded, "late"));
    if (lie_ == Lie::ends_before_the_deadline) deadline = now + (deadline - now) / 2;
    if (lie_ == Lie::ignores_deadlines) deadline = TimePoint::max();
    auto ended = [this, address, request, deadline, done = std::move(done)](Result<Frame> outcome) mutable {
      const bool again = lie_ == Lie::retries && outcome.status().code() == Code::unavailable;
      again ? honest_.call(address, request, deadline, std::move(done)) : end(std::move(done), std::move(outcome));
    };
    tcp::Tcp& carrier = lie_ == Lie::keeps_loops_apart && loops_.current() == 1 ? apart_ : honest_;
    carrier.call(address, request, deadline, std::move(ended));
  }

  void stop() override {
    stopping_ = true;
    honest_.stop();
    apart_.stop();
  }

 private:
  void end(Done done, Result<Frame> outcome) {
    const bool unavailable = outcome.status().code() == Code::unavailable;
    switch (lie_) {
      case Lie::swaps_replies: return swap(std::move(done), std::move(outcome));
      case Lie::answers_on_the_first_loop:
        return loops_.post(0, [done = std::move(done), outcome]() mutable { done(outcome); });
      case Lie::answers_twice: done(outcome); break;
      case Lie::cuts_great_frames:
        if (outcome.is_ok()) outcome = std::make_shared<const Bytes>((*outcome)->substr(0, 1 << 20));
        break;
      case Lie::keeps_unreachable_to_itself:
        if (unavailable) return;
        break;
      case Lie::hides_the_reason:
        if (unavailable) outcome = Status(Code::unavailable, "something went wrong");
        break;
      case Lie::forgets_calls_at_stop:
        if (stopping_) return;
        break;
      default: break;
    }
    done(std::move(outcome));
  }

  void swap(Done done, Result<Frame> outcome) {
    if (!held_) {
      held_.emplace(std::move(done), std::move(outcome));
      return;
    }
    auto [other_done, other] = std::move(*held_);
    held_.reset();
    done(std::move(other));
    other_done(std::move(outcome));
  }

  Host& host_;
  Loops& loops_;
  const Lie lie_;
  std::atomic<bool> stopping_{false};
  std::optional<std::pair<Done, Result<Frame>>> held_;
  std::unique_ptr<LyingPeers> peers_;
  tcp::Tcp honest_;
  tcp::Tcp apart_;  ///< of the second loop, if they are kept apart
};

/// A stranger who opens as a node would and goes on with nonsense.
Bytes strange_opening() {
  const auto preamble = tcp::encode(tcp::Preamble{});
  const auto header = tcp::encode(tcp::FrameHeader{2, tcp::FrameKind::hello, 0});
  return Bytes(preamble.begin(), preamble.end()) + Bytes(header.begin(), header.end()) + "me" + Bytes(100, '\xff');
}

void expect_caught(Lie lie, const std::string& law_name) {
  const auto laws = transport_laws();
  const auto law =
      std::find_if(laws.begin(), laws.end(), [&](const TransportLaw& each) { return each.name == law_name; });
  ASSERT_NE(law, laws.end()) << "there is no law " << law_name;
  const TransportUnderTest liar{.make = [lie](Host& host) { return std::make_unique<LyingTransport>(host, lie); },
                                .hostile_openings = {strange_opening()},
                                .patience = std::chrono::seconds(1)};
  EXPECT_FALSE(law->violations(liar).empty()) << law_name << " holds for a transport that breaks it";
}

TEST(TransportLiars, SwappedReplies) { expect_caught(Lie::swaps_replies, "MatchesRepliesInAnyOrder"); }
TEST(TransportLiars, DoneInsideTheCall) { expect_caught(Lie::answers_inside_the_call, "KeepsDeadlines"); }
TEST(TransportLiars, DoneOnAnotherLoop) { expect_caught(Lie::answers_on_the_first_loop, "ServesEveryLoop"); }
TEST(TransportLiars, DoneTwice) { expect_caught(Lie::answers_twice, "EchoesEverySize"); }
TEST(TransportLiars, FramesCutShort) { expect_caught(Lie::cuts_great_frames, "EchoesEverySize"); }
TEST(TransportLiars, DeadlinesTooEarly) { expect_caught(Lie::ends_before_the_deadline, "KeepsDeadlines"); }
TEST(TransportLiars, DeadlinesIgnored) { expect_caught(Lie::ignores_deadlines, "KeepsDeadlines"); }
TEST(TransportLiars, HangingOnASilentPeer) { expect_caught(Lie::ignores_deadlines, "ASilentPeerIsNoHang"); }
TEST(TransportLiars, HangingOnAnUnreachablePeer) {
  expect_caught(Lie::keeps_unreachable_to_itself, "AnUnreachablePeerIsUnavailable");
}
TEST(TransportLiars, HangingOnALostLink) {
  expect_caught(Lie::keeps_unreachable_to_itself, "ALostLinkCompletesEverything");
}
TEST(TransportLiars, LoopsThatLearnNothingFromEachOther) {
  expect_caught(Lie::keeps_loops_apart, "WhatOneLoopReachesIsOpenToAll");
}
TEST(TransportLiars, AReasonThatIsKeptBack) { expect_caught(Lie::hides_the_reason, "TellsWhyAHelloWasRefused"); }
TEST(TransportLiars, AHelloThatNobodyReads) { expect_caught(Lie::meets_everybody, "TellsWhyAHelloWasRefused"); }
TEST(TransportLiars, CallsLostAtStop) { expect_caught(Lie::forgets_calls_at_stop, "StopCompletesEverything"); }
TEST(TransportLiars, Retries) { expect_caught(Lie::retries, "NeverRetries"); }
TEST(TransportLiars, AnAddressThatIsNotTaken) { expect_caught(Lie::claims_any_address, "NamesTheAddressItCannotTake"); }
TEST(TransportLiars, OffenceAtStrangers) {
  expect_caught(Lie::takes_offence_at_strangers, "HostileBytesDisturbNobody");
}

}  // namespace
}  // namespace stator::testing
