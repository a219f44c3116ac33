#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "stator/testing/loop_host.h"
#include "stator/testing/transport_laws.h"

/// What the transport laws are written with; private to this directory.
namespace stator::testing {

/// What a law found wrong. [any-thread]
class Findings {
 public:
  void add(std::string line);
  void expect(bool holds, const std::string& otherwise) {
    if (!holds) add(otherwise);
  }
  std::vector<std::string> take();

 private:
  static constexpr std::size_t kEnough = 10;
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A node's kernel as a carrier sees it. The functions are set before start and called on the loops. [concurrent]
class ScriptedPeers final : public Peers {
 public:
  explicit ScriptedPeers(std::string name);
  Bytes hello() override { return name_; }
  Result<std::string> meet(BytesView hello) override { return on_meet(hello); }
  void receive(const std::string& node, Frame request, Reply reply) override;

  /// Takes every hello as the node's name, until it is replaced.
  std::function<Result<std::string>(BytesView)> on_meet;
  /// Answers with the request, until it is replaced.
  std::function<void(const std::string& node, Frame request, Reply reply)> on_request;
  /// Waits until so many requests have come since the last reset. False if they do not.
  bool wait_for(int requests, Duration patience);
  int received() const;
  void reset_received();

 private:
  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int received_ = 0;
};

/// One node: a host, its peers and the transport. Stops on destruction, the transport first.
class LawNode {
 public:
  LawNode(const TransportUnderTest& kind, std::string name, int loops = 1);
  ~LawNode();
  /// Listens on loopback, on a port of the system's choice unless `listen` says which. A failure is a finding.
  bool start(Findings& findings, const std::string& listen = "127.0.0.1:0");
  void stop() { transport->stop(); }

  LoopHost host;
  ScriptedPeers peers;
  std::unique_ptr<Transport> transport;
};

/// Calls and how they ended. Every call of every law goes through one, which holds it to what is true of all: `done`
/// comes once, on the calling loop, not inside the call. [any-thread]
class Ledger {
 public:
  struct Ask {
    std::string to;
    Bytes request;
    int loop = 0;
    Duration timeout = std::chrono::minutes(5);
  };
  struct Entry {
    int loop = 0;
    TimePoint deadline{};
    bool inside = false;  ///< touched by the calling loop only, as the transport's law demands
    int times = 0;
    TimePoint ended{};
    Result<Frame> outcome{Frame()};
  };

  /// `findings` outlives every transport that is called through this.
  Ledger(Findings& findings, Duration patience);
  /// Calls on that loop of the node, and returns at once.
  void call(LawNode& node, Ask ask);
  /// Waits until each has ended. A finding, and false, if that does not happen.
  bool wait();
  /// The n-th call; only after wait() was true.
  const Entry& entry(std::size_t n) const { return *state_->entries[n]; }
  std::size_t size() const { return state_->entries.size(); }
  /// Every one of them ended with this code.
  void expect_all(Code code, const std::string& when);

 private:
  /// Shared with each `done`, since a transport that breaks a law may call it when the ledger is gone.
  struct State {
    Findings& findings;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::shared_ptr<Entry>> entries;
    std::size_t open = 0;

    void ended(LoopHost& host, Entry& entry, Result<Frame> outcome);
  };
  const std::shared_ptr<State> state_;
  const Duration patience_;
};

/// A plain socket's view of a carrier: what listens badly, and what dials badly. [blocking]
class RawListener {
 public:
  enum class Kind { listens, refuses };
  /// One that refuses holds the port, so that nobody else can listen there meanwhile.
  explicit RawListener(Kind kind = Kind::listens);
  std::string address() const;
  /// Waits for one who dials.
  boost::asio::ip::tcp::socket accept();
  /// What the first who dials says before he is answered; empty if nobody says anything. Called once.
  Bytes first_words(Duration patience);

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
};

class RawDialer {
 public:
  explicit RawDialer(const std::string& address);
  /// Errors are ignored: the other side may have hung up, and should.
  void send(BytesView bytes);
  void hang_up();

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
};

/// A relay between two carriers that can cut the wire.
class Wire {
 public:
  explicit Wire(std::string target);
  ~Wire();
  std::string address() const { return listener_.address(); }
  /// Resets every connection. Later ones pass again.
  void cut();

 private:
  class Relay;
  void run();

  const std::string target_;
  RawListener listener_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Relay>> relays_;
  bool ended_ = false;
  std::thread thread_;
};

/// Tries until `holds`; false after `patience`. For what nobody can announce; each try should itself wait for
/// something.
bool eventually(Duration patience, const std::function<bool()>& holds);

}  // namespace stator::testing
