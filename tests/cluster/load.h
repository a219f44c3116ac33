#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/cluster/ledger.h"

namespace stator::cluster {

/// Clients that write without pause through all nodes until they are stopped, and note everything in a ledger. Each
/// third write reads one of a few hot keys and replaces what it has seen; the others make a key of their own. A request
/// that fails is noted as attempted and its client goes on at the next node. [serial]
class Load {
 public:
  /// `ports` of the nodes' HTTP; the ledger outlives it. Every key is written at `path`, which the ledger does not
  /// know.
  Load(std::vector<std::uint16_t> ports, Ledger& ledger, int clients = 6, std::string path = "/kv/");
  ~Load() { stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Waits until that many more writes have been acknowledged; false if that does not happen.
  bool await_progress(std::size_t writes);
  void stop();

 private:
  class Client;

  const std::vector<std::uint16_t> ports_;
  Ledger& ledger_;
  const std::string path_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

/// What a fresh look at all keys of a ledger says, each read at `path`, through all nodes in turn.
struct Account {
  std::vector<std::string> lost;        ///< acknowledged writes that are gone
  std::vector<std::string> invented;    ///< values nobody wrote
  std::vector<std::string> unreadable;  ///< keys that could not be read, and why
  std::size_t found = 0;
};
Account audit(const std::vector<std::uint16_t>& ports, const Ledger& ledger, const std::string& path = "/kv/");

}  // namespace stator::cluster
