#include "tests/bench/redis_rival.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace stator {
namespace {

constexpr const char* kServer = "/usr/bin/redis-server";
constexpr const char* kBenchmark = "/usr/bin/redis-benchmark";
constexpr unsigned long kFirst = 2000;  // requests from which it is known how many fill the time

cluster::ServerProcess::Command server_in(const std::string& directory, const std::string& socket) {
  std::filesystem::create_directories(directory);
  return {kServer,
          {"--port", "0", "--unixsocket", socket, "--dir", directory, "--appendonly", "yes", "--appendfsync", "always",
           "--save", ""},
          {},
          directory + "/output",
          directory + "/errors"};
}

}  // namespace

bool RedisRival::installed() { return std::filesystem::exists(kServer) && std::filesystem::exists(kBenchmark); }

RedisRival::RedisRival(const std::string& directory, std::string& why)
    : socket_(directory + "/socket"), server_(server_in(directory, socket_)) {
  server_.start();
  const bool there = cluster::await([this] { return std::filesystem::exists(socket_) || !server_.running(); });
  if (!there || !server_.running()) why = "redis-server does not start: " + server_.output() + server_.errors();
}

RedisRival::Figures RedisRival::run(const Work& work) const {
  const Figures first = run(work, kFirst);
  return run(work, std::max(kFirst, static_cast<unsigned long>(first.a_second * work.seconds)));
}

RedisRival::Figures RedisRival::run(const Work& work, unsigned long requests) const {
  const cluster::Finished finished =
      cluster::run({kBenchmark,
                    {"-s", socket_, "-t", work.test, "-c", std::to_string(work.clients), "-n", std::to_string(requests),
                     "-r", std::to_string(work.keys), "-d", std::to_string(work.value_bytes), "--csv"},
                    {},
                    {},
                    {}});
  // "test","rps","avg","min","p50","p95","p99","max", and a line of figures below.
  const std::size_t line = finished.output.rfind("\n\"");
  Figures figures;
  const bool read = line != std::string::npos && std::sscanf(finished.output.c_str() + line + 1,
                                                             R"("%*[^"]","%lf","%*[^"]","%*[^"]","%lf","%*[^"]","%lf")",
                                                             &figures.a_second, &figures.p50_ms, &figures.p99_ms) == 3;
  if (!read) {
    std::fprintf(stderr, "redis-benchmark failed: %s%s\n", finished.output.c_str(), finished.errors.c_str());
    std::exit(1);
  }
  return figures;
}

}  // namespace stator
