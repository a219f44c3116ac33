#include "stator/testing/transport_laws.h"

#include <array>
#include <random>
#include <set>
#include <utility>

#include "transport_fault_laws.h"
#include "transport_fixture.h"

namespace stator::testing {
namespace {

using std::chrono::milliseconds;

Bytes random_bytes(std::size_t size) {
  std::mt19937_64 generator(size);
  Bytes bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(generator());
  return bytes;
}

std::vector<std::string> echoes_every_size(const TransportUnderTest& kind) {
  Findings findings;
  LawNode asks(kind, "asks"), answers(kind, "answers");
  Ledger ledger(findings, kind.patience);
  answers.peers.on_request = [&](const std::string& node, Frame request, Peers::Reply reply) {
    findings.expect(node == "asks", "a request of 'asks' came as one of '" + node + "'");
    reply(std::move(request));
  };
  if (!asks.start(findings) || !answers.start(findings)) return findings.take();
  const std::vector<std::size_t> sizes = {0,     1,         2,         200,     4095,    4096,    16'383,
                                          65535, 65536,     65537,     262'144, 1 << 20, 1 << 20, (1 << 20) + 1,
                                          17,    3'000'000, 8'388'608, 0,       100};
  for (const std::size_t size : sizes) {
    ledger.call(asks, {answers.transport->address(), random_bytes(size)});
  }
  if (!ledger.wait()) return findings.take();
  ledger.expect_all(Code::ok, "echo");
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const Result<Frame>& outcome = ledger.entry(i).outcome;
    if (outcome.is_ok()) {
      findings.expect(**outcome == random_bytes(sizes[i]), std::to_string(sizes[i]) + " bytes came back as others");
    }
  }
  return findings.take();
}

std::vector<std::string> matches_replies_in_any_order(const TransportUnderTest& kind) {
  constexpr std::size_t kInFlight = 1000;
  Findings findings;
  std::vector<std::pair<Frame, Peers::Reply>> held;
  LawNode asks(kind, "asks"), answers(kind, "answers");
  Ledger ledger(findings, kind.patience);
  answers.peers.on_request = [&](const std::string&, Frame request, Peers::Reply reply) {
    held.emplace_back(std::move(request), std::move(reply));
    if (held.size() < kInFlight) return;
    std::shuffle(held.begin(), held.end(), std::mt19937_64(1));
    for (auto& [frame, answer] : held) answer(std::make_shared<const Bytes>("re: " + *frame));
    held.clear();
  };
  if (!asks.start(findings) || !answers.start(findings)) return findings.take();
  for (std::size_t i = 0; i < kInFlight; ++i) {
    ledger.call(asks, {answers.transport->address(), std::to_string(i)});
  }
  if (!ledger.wait()) return findings.take();
  ledger.expect_all(Code::ok, "1,000 in flight");
  for (std::size_t i = 0; i < kInFlight; ++i) {
    const Result<Frame>& outcome = ledger.entry(i).outcome;
    if (outcome.is_ok()) findings.expect(**outcome == "re: " + std::to_string(i), "a reply went to another call");
  }
  return findings.take();
}

std::vector<std::string> keeps_deadlines(const TransportUnderTest& kind) {
  Findings findings;
  std::vector<Peers::Reply> held;
  LawNode asks(kind, "asks"), answers(kind, "answers");
  Ledger ledger(findings, kind.patience), afterwards(findings, kind.patience);
  answers.peers.on_request = [&](const std::string&, Frame request, Peers::Reply reply) {
    if (*request != "answer this") return held.push_back(std::move(reply));
    for (Peers::Reply& late : std::exchange(held, {})) late(std::make_shared<const Bytes>("too late"));
    reply(std::move(request));
  };
  if (!asks.start(findings) || !answers.start(findings)) return findings.take();
  const std::string there = answers.transport->address();
  for (const int timeout : {100, 40, 70, 41, 0, -1000}) {
    ledger.call(asks, {there, "never answered", 0, milliseconds(timeout)});
  }
  if (!ledger.wait()) return findings.take();
  ledger.expect_all(Code::deadline_exceeded, "a peer that does not answer");
  for (std::size_t i = 0; i < ledger.size(); ++i) {
    const Ledger::Entry& entry = ledger.entry(i);
    findings.expect(entry.ended >= entry.deadline, "deadline_exceeded came before the deadline");
  }
  for (int i = 0; i < 10; ++i) afterwards.call(asks, {there, "answer this"});
  if (!afterwards.wait()) return findings.take();
  afterwards.expect_all(Code::ok, "calls after late replies");
  for (std::size_t i = 0; i < afterwards.size(); ++i) {
    const Result<Frame>& outcome = afterwards.entry(i).outcome;
    if (outcome.is_ok()) findings.expect(**outcome == "answer this", "a late reply went to another call");
  }
  return findings.take();
}

/// From every loop of the one to the other and back at once.
void echo_across(const TransportUnderTest& kind, int first_loops, int second_loops, Findings& findings) {
  constexpr int kCalls = 50;
  LawNode first(kind, "first", first_loops), second(kind, "second", second_loops);
  Ledger ledger(findings, kind.patience);
  for (LawNode* node : {&first, &second}) {
    node->peers.on_request = [&findings, node](const std::string&, Frame request, Peers::Reply reply) {
      findings.expect(node->host.current() >= 0, "a request came on a thread that is no loop");
      reply(std::move(request));
    };
  }
  if (!first.start(findings) || !second.start(findings)) return;
  for (int i = 0; i < kCalls; ++i) {
    for (int loop = 0; loop < first_loops; ++loop) {
      ledger.call(first, {second.transport->address(), "to second", loop});
    }
    for (int loop = 0; loop < second_loops; ++loop) {
      ledger.call(second, {first.transport->address(), "to first", loop});
    }
  }
  if (ledger.wait()) ledger.expect_all(Code::ok, "several loops");
}

std::vector<std::string> serves_every_loop(const TransportUnderTest& kind) {
  Findings findings;
  echo_across(kind, 1, 3, findings);
  echo_across(kind, 3, 2, findings);
  return findings.take();
}

std::vector<std::string> names_the_address_it_cannot_take(const TransportUnderTest& kind) {
  Findings findings;
  LawNode holder(kind, "holder"), late(kind, "late"), confused(kind, "confused"), dials_only(kind, "dials-only");
  if (!holder.start(findings)) return findings.take();
  const std::string taken = holder.transport->address();
  findings.expect(taken.starts_with("127.0.0.1:") && !taken.ends_with(":0"), "address() is '" + taken + "'");
  for (auto [node, address] : {std::pair(&late, taken), std::pair(&confused, std::string("no-such-address"))}) {
    const Status refused = node->transport->start(address, nullptr, &node->peers);
    findings.expect(!refused.is_ok(), "started on '" + address + "'");
    findings.expect(refused.message().find(address) != std::string::npos,
                    "the refusal does not name '" + address + "': " + refused.text());
  }
  Ledger ledger(findings, kind.patience);
  if (!dials_only.start(findings, "")) return findings.take();
  ledger.call(dials_only, {taken, "hello"});
  if (ledger.wait()) ledger.expect_all(Code::ok, "a call of one that only dials");
  return findings.take();
}

std::vector<std::string> a_reply_may_outlive_its_link(const TransportUnderTest& kind) {
  Findings findings;
  std::vector<Peers::Reply> held;
  LawNode answers(kind, "answers");
  Ledger ledger(findings, kind.patience);
  answers.peers.on_request = [&](const std::string&, const Frame&, Peers::Reply reply) {
    held.push_back(std::move(reply));
  };
  if (!answers.start(findings)) return findings.take();
  auto reply_to_half = [&] {
    for (std::size_t i = 0; i < held.size(); i += 2) held[i](std::make_shared<const Bytes>("to nobody"));
    held.clear();
  };
  for (int round = 0; round < 2; ++round) {
    LawNode asks(kind, "asks");
    if (!asks.start(findings)) return findings.take();
    answers.peers.reset_received();
    for (int i = 0; i < 4; ++i) {
      ledger.call(asks, {answers.transport->address(), "answer me never"});
    }
    findings.expect(answers.peers.wait_for(4, kind.patience), "requests did not arrive");
    asks.stop();
    ledger.wait();
    if (round == 1) answers.stop();
    answers.host.run_on(0, reply_to_half);
  }
  return findings.take();
}

constexpr std::array kLaws = {
    TransportLaw{"EchoesEverySize", "a reply is the very bytes the other side gave, from none to 8 MiB",
                 echoes_every_size},
    TransportLaw{"MatchesRepliesInAnyOrder",
                 "with 1,000 calls in flight, each reply reaches its call in whatever order they come",
                 matches_replies_in_any_order},
    TransportLaw{"KeepsDeadlines",
                 "a call that is not answered ends with deadline_exceeded, not before; a late reply is dropped",
                 keeps_deadlines},
    TransportLaw{"ServesEveryLoop", "every loop can call and be called, whatever the other side's number of loops",
                 serves_every_loop},
    TransportLaw{"NamesTheAddressItCannotTake",
                 "an address that is taken or malformed is refused by name; an empty one only dials",
                 names_the_address_it_cannot_take},
    TransportLaw{"AReplyMayOutliveItsLink", "a reply after its link, or the transport, has ended does nothing",
                 a_reply_may_outlive_its_link},
    TransportLaw{"AnUnreachablePeerIsUnavailable", "a peer that is not there makes calls unavailable, and no loop wait",
                 an_unreachable_peer_is_unavailable},
    TransportLaw{"WhatOneLoopReachesIsOpenToAll",
                 "a peer that one loop has reached is dialed by another at once, however often that one had failed",
                 what_one_loop_reaches_is_open_to_all},
    TransportLaw{"ASilentPeerIsNoHang", "one who accepts and says nothing costs a call its deadline, not more",
                 a_silent_peer_is_no_hang},
    TransportLaw{"TellsWhyAHelloWasRefused", "whoever refuses the other's hello, the call learns the reason",
                 tells_why_a_hello_was_refused},
    TransportLaw{"StopCompletesEverything",
                 "stop ends what is in flight as unavailable; later calls too; twice is fine",
                 stop_completes_everything},
    TransportLaw{"ALostLinkCompletesEverything",
                 "a link that breaks ends its calls as unavailable, and the next call dials anew",
                 a_lost_link_completes_everything},
    TransportLaw{"NeverRetries", "a request reaches the other side at most once", never_retries},
    TransportLaw{"HostileBytesDisturbNobody",
                 "garbage, monstrous lengths and half openings on the port leave other links alone",
                 hostile_bytes_disturb_nobody},
};

}  // namespace

std::span<const TransportLaw> transport_laws() { return kLaws; }

}  // namespace stator::testing
