#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "kernel/log/log.h"
#include "kernel/metrics/metrics.h"
#include "kernel/node/admin_actions.h"
#include "kernel/node/explain.h"
#include "kernel/node/node.h"
#include "kernel/node/pages.h"
#include "stator/transport.h"

namespace stator {

/// The kernel as one transport instance's clients see it: only the keyspaces that list the instance exist. Measures and
/// logs each request, and takes it to the loop that owns its key. [any loop]
class ClientGate final : public Clients {
 public:
  struct Parts {
    Node& node;
    const Pages& pages;
    const Explain& explain;
    AdminActions& actions;
    Metrics& metrics;
    Log& log;
  };

  /// `visible`: names of the keyspaces that list the instance. [startup]
  ClientGate(Parts parts, const std::string& transport, const std::vector<std::string>& visible);

  void put(PutRequest request, UniqueFunction<void(Outcome<PutResult>)> done) override;
  void get(GetRequest request, UniqueFunction<void(Outcome<GetResult>)> done) override;
  void inspect(std::string page, RequestHead argument, UniqueFunction<void(Outcome<Page>)> done) override;
  std::uint64_t max_value_bytes() const override { return max_value_bytes_; }
  void act(std::string action, Bytes body, UniqueFunction<void(Outcome<Page>)> done) override;

 private:
  struct Entry {
    Keyspace* keyspace;
    Metrics::Requests* puts;
    Metrics::Requests* gets;
    Metrics::Requests* removals;
    Metrics::Requests* updates;
  };
  /// What is remembered of a request until it is answered.
  struct Trail {
    const char* op;
    Metrics::Requests* series;
    TimePoint begun;
    std::string trace_id;  ///< empty unless requests are logged
    std::uint64_t key_hash = 0;
    const std::string* keyspace = nullptr;
  };

  /// The page of that name.
  void siblings(const Keyspace& keyspace, RequestHead argument, UniqueFunction<void(Outcome<Page>)> done);
  /// The page "hints_wait": is answered when all hints that are queued now are delivered.
  void wait_for_hints(const RequestHead& argument, UniqueFunction<void(Outcome<Page>)> done);
  Result<Entry> find(const RequestHead& head) const;
  /// The same, unless this node must not serve the keyspace.
  Result<Entry> admit(const RequestHead& head) const;
  Trail begin(const char* op, Metrics::Requests& series, const Entry& entry, const RequestHead& head) const;
  void end(const Trail& trail, const Status& outcome, const Context* clock) const;

  Parts parts_;
  const std::string transport_;
  std::map<std::string, Entry, std::less<>> visible_;
  std::uint64_t max_value_bytes_ = 0;
};

}  // namespace stator
