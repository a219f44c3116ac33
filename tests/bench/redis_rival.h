#pragma once

#include <string>

#include "tests/cluster/server_process.h"

namespace stator {

/// A Redis that acknowledges nothing before it is on disk (`appendfsync always`), and its own benchmark, on a socket in
/// a directory of its own. [serial, blocking]
class RedisRival {
 public:
  /// Whether the programs are there (packages redis-server and redis-tools).
  static bool installed();

  /// Starts it on an empty directory; `why` is not empty if it does not answer.
  RedisRival(const std::string& directory, std::string& why);

  struct Figures {
    double a_second = 0;
    double p50_ms = 0;
    double p99_ms = 0;
  };
  struct Work {
    std::string test;  ///< of redis-benchmark: "set" or "get"
    int clients = 1;
    double seconds = 1;
    unsigned long keys = 0;
    unsigned long value_bytes = 0;
  };
  Figures run(const Work& work) const;

 private:
  Figures run(const Work& work, unsigned long requests) const;

  const std::string socket_;
  cluster::ServerProcess server_;
};

}  // namespace stator
