#include "transport_fault_laws.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "transport_fixture.h"

namespace stator::testing {
namespace {

using std::chrono::milliseconds;

void never_answer(ScriptedPeers& peers) {
  peers.on_request = [](const std::string&, const Frame&, Peers::Reply) {};
}

/// Calls until one is answered: a carrier may say `unavailable` for a while after a failure.
bool answered_in_the_end(const TransportUnderTest& kind, LawNode& asks, const std::string& address) {
  Findings ignored;
  return eventually(kind.patience, [&] {
    Ledger one(ignored, kind.patience);
    one.call(asks, {address, "are you there"});
    return one.wait() && one.entry(0).outcome.is_ok();
  });
}

/// How a dialer of this kind begins, up to the last byte, and then what none of them says.
Bytes spoiled_opening(const TransportUnderTest& kind) {
  Findings ignored;
  RawListener listener;
  LawNode stranger(kind, "stranger");
  Ledger ledger(ignored, kind.patience);
  if (!stranger.start(ignored, "")) return {};
  ledger.call(stranger, {listener.address(), "let me in"});
  const Bytes opening = listener.first_words(kind.patience);
  return opening.substr(0, std::max<std::size_t>(opening.size(), 1) - 1) + Bytes(100, '\xff');
}

}  // namespace

std::vector<std::string> an_unreachable_peer_is_unavailable(const TransportUnderTest& kind) {
  Findings findings;
  LawNode asks(kind, "asks", 2);
  RawListener nobody(RawListener::Kind::refuses);
  Ledger ledger(findings, kind.patience);
  if (!asks.start(findings)) return findings.take();
  for (int i = 0; i < 20; ++i) {
    ledger.call(asks, {nobody.address(), "is anybody there", i % 2});
  }
  if (!ledger.wait()) return findings.take();
  for (const char* address : {"no-such-address", "", "127.0.0.1:", "127.0.0.1:99999999"}) {
    ledger.call(asks, {address, "is anybody there"});
  }
  for (int i = 0; i < 20; ++i) {  // within the time that a failed connect is remembered
    ledger.call(asks, {nobody.address(), "is anybody there now", i % 2});
  }
  if (ledger.wait()) ledger.expect_all(Code::unavailable, "nobody listens");
  return findings.take();
}

std::vector<std::string> what_one_loop_reaches_is_open_to_all(const TransportUnderTest& kind) {
  constexpr int kFailures = 5;  // by then a carrier leaves the peer alone for a good while
  Findings findings;
  LawNode asks(kind, "asks", 2), answers(kind, "answers");
  if (!asks.start(findings)) return findings.take();
  auto ask_on = [&](int loop, const std::string& address) {
    Ledger one(findings, kind.patience);
    one.call(asks, {address, "are you there", loop});
    return one.wait() ? one.entry(0).outcome.status() : Status(Code::internal, "the call did not end");
  };
  std::string address;
  {
    RawListener deaf;
    address = deaf.address();
    std::atomic<int> failures{0};
    std::thread slams([&] {
      for (; failures < kFailures; ++failures) deaf.accept().close();
    });
    const bool tried = eventually(kind.patience, [&] {
      (void)ask_on(0, address);
      return failures == kFailures;
    });
    findings.expect(tried, "an unreachable peer is not dialed again");
    while (failures < kFailures) RawDialer another(address);
    slams.join();
  }
  if (!answers.start(findings, address)) return findings.take();
  const Status reached = ask_on(1, address);
  findings.expect(reached.is_ok(), "a loop that never failed does not reach it: " + reached.text());
  const Status open = ask_on(0, address);
  findings.expect(open.is_ok(), "another loop has reached it, and this one does not try: " + open.text());
  return findings.take();
}

std::vector<std::string> a_silent_peer_is_no_hang(const TransportUnderTest& kind) {
  Findings findings;
  RawListener silent;
  LawNode asks(kind, "asks");
  Ledger ledger(findings, kind.patience);
  if (!asks.start(findings)) return findings.take();
  for (int i = 0; i < 3; ++i) {
    ledger.call(asks, {silent.address(), "say something", 0, milliseconds(50 + i)});
  }
  if (!ledger.wait()) return findings.take();
  for (std::size_t i = 0; i < ledger.size(); ++i) {
    const Code code = ledger.entry(i).outcome.status().code();
    findings.expect(code == Code::deadline_exceeded || code == Code::unavailable,
                    std::string("a call to one who is silent ended as ") + code_name(code));
  }
  return findings.take();
}

std::vector<std::string> tells_why_a_hello_was_refused(const TransportUnderTest& kind) {
  Findings findings;
  const std::string reason = "the other is of cluster zebra";
  for (const bool answerer_refuses : {true, false}) {
    LawNode asks(kind, "asks"), answers(kind, "answers");
    Ledger ledger(findings, kind.patience);
    (answerer_refuses ? answers : asks).peers.on_meet = [&](BytesView) {
      return Result<std::string>(Status(Code::failed_precondition, reason));
    };
    if (!asks.start(findings) || !answers.start(findings)) return findings.take();
    for (int i = 0; i < 5; ++i) {
      ledger.call(asks, {answers.transport->address(), "let me in"});
    }
    if (!ledger.wait()) return findings.take();
    for (std::size_t i = 0; i < ledger.size(); ++i) {
      const Status refused = ledger.entry(i).outcome.status();
      findings.expect(refused.code() == Code::unavailable || refused.code() == Code::failed_precondition,
                      "a refused hello ended a call as " + refused.text());
      findings.expect(refused.message().find(reason) != std::string::npos, "the reason is lost: " + refused.text());
    }
    findings.expect(answers.peers.received() == 0, "a request passed a link that was refused");
  }
  return findings.take();
}

std::vector<std::string> stop_completes_everything(const TransportUnderTest& kind) {
  Findings findings;
  LawNode asks(kind, "asks", 2), answers(kind, "answers");
  Ledger ledger(findings, kind.patience);
  never_answer(answers.peers);
  if (!asks.start(findings) || !answers.start(findings)) return findings.take();
  const std::string there = answers.transport->address();
  for (int i = 0; i < 100; ++i) ledger.call(asks, {there, "wait for it", i % 2});
  findings.expect(answers.peers.wait_for(100, kind.patience), "requests did not arrive");
  RawListener silent;  // calls that wait for a link count, too
  for (int i = 0; i < 10; ++i) ledger.call(asks, {silent.address(), "wait", i % 2});
  for (int loop = 0; loop < 2; ++loop) asks.host.run_on(loop, [] {});
  asks.stop();
  if (!ledger.wait()) return findings.take();
  for (int i = 0; i < 10; ++i) ledger.call(asks, {there, "too late", i % 2});
  asks.stop();
  if (ledger.wait()) ledger.expect_all(Code::unavailable, "stop");
  answers.stop();
  LawNode next(kind, "next");
  findings.expect(eventually(kind.patience, [&] { return next.transport->start(there, nullptr, &next.peers).is_ok(); }),
                  "a stopped transport still holds " + there);
  return findings.take();
}

std::vector<std::string> a_lost_link_completes_everything(const TransportUnderTest& kind) {
  Findings findings;
  LawNode asks(kind, "asks"), answers(kind, "answers");
  Ledger ledger(findings, kind.patience);
  never_answer(answers.peers);
  if (!asks.start(findings) || !answers.start(findings)) return findings.take();
  Wire wire(answers.transport->address());
  for (int i = 0; i < 100; ++i) {
    ledger.call(asks, {wire.address(), Bytes(std::size_t(i) * 100, 'x')});
  }
  findings.expect(answers.peers.wait_for(100, kind.patience), "requests did not arrive");
  wire.cut();
  if (!ledger.wait()) return findings.take();
  ledger.expect_all(Code::unavailable, "a link that broke");
  answers.host.run_on(0, [&] {
    answers.peers.on_request = [](const std::string&, Frame request, Peers::Reply reply) { reply(std::move(request)); };
  });
  findings.expect(answered_in_the_end(kind, asks, wire.address()), "no call passes after the link broke once");
  answers.stop();
  Ledger alone(findings, kind.patience);
  alone.call(asks, {wire.address(), "still there?"});
  if (alone.wait()) alone.expect_all(Code::unavailable, "a peer that stopped");
  return findings.take();
}

std::vector<std::string> never_retries(const TransportUnderTest& kind) {
  constexpr int kRounds = 5, kCalls = 40;
  Findings findings;
  std::map<Bytes, int> arrivals;  // on the answering loop
  LawNode asks(kind, "asks"), answers(kind, "answers");
  answers.peers.on_request = [&](const std::string&, Frame request, Peers::Reply reply) {
    ++arrivals[*request];
    if (*request == "are you there") reply(std::move(request));
  };
  if (!asks.start(findings) || !answers.start(findings)) return findings.take();
  Wire wire(answers.transport->address());
  for (int round = 0; round < kRounds; ++round) {
    Ledger ledger(findings, kind.patience);
    const int before = answers.peers.received();
    for (int i = 0; i < kCalls; ++i) {
      ledger.call(asks, {wire.address(), std::to_string(round * kCalls + i)});
    }
    answers.peers.wait_for(before + kCalls / 2, kind.patience);
    wire.cut();
    if (!ledger.wait()) return findings.take();
    ledger.expect_all(Code::unavailable, "a link that broke");
    findings.expect(answered_in_the_end(kind, asks, wire.address()), "no call passes after the link broke");
  }
  answers.host.run_on(0, [&] {
    arrivals.erase("are you there");
    for (const auto& [request, times] : arrivals) {
      findings.expect(times == 1, "request " + request + " arrived " + std::to_string(times) + " times");
    }
  });
  return findings.take();
}

std::vector<std::string> hostile_bytes_disturb_nobody(const TransportUnderTest& kind) {
  Findings findings;
  LawNode asks(kind, "asks"), answers(kind, "answers", 2);
  Ledger ledger(findings, kind.patience);
  if (!asks.start(findings) || !answers.start(findings)) return findings.take();
  const std::string there = answers.transport->address();
  auto echo = [&] {
    for (int i = 0; i < 10; ++i) ledger.call(asks, {there, "still well?"});
    return ledger.wait();
  };
  if (!echo()) return findings.take();
  std::vector<Bytes> openings = {"",
                                 "S",
                                 "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                                 Bytes(100'000, '\xff'),
                                 Bytes(64, '\0'),
                                 "STATOR",
                                 "\x16\x03\x01\x02",
                                 spoiled_opening(kind)};
  openings.insert(openings.end(), kind.hostile_openings.begin(), kind.hostile_openings.end());
  std::vector<std::unique_ptr<RawDialer>> lingering;
  for (const Bytes& opening : openings) {
    for (const bool hangs_up : {true, false}) {
      auto dialer = std::make_unique<RawDialer>(there);
      dialer->send(opening);
      if (hangs_up) dialer->hang_up();
      lingering.push_back(std::move(dialer));
    }
    if (!echo()) return findings.take();
  }
  ledger.expect_all(Code::ok, "beside hostile connections");
  LawNode newcomer(kind, "newcomer");
  if (!newcomer.start(findings)) return findings.take();
  findings.expect(answered_in_the_end(kind, newcomer, there), "nobody new is let in after hostile connections");
  findings.expect(answers.peers.received() == static_cast<int>(ledger.size()) + 1, "hostile bytes became a request");
  return findings.take();
}

}  // namespace stator::testing
