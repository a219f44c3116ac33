#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "stator/transport.h"

namespace stator::http {

/// A keyspace in a map, with the meaning of contexts that clients rely on: a write whose context is not the newest
/// leaves siblings. Answers come through `post`, as a loop's would. [any-thread]
class MapClients final : public Clients {
 public:
  explicit MapClients(std::function<void(Task)> post) : post_(std::move(post)) {}

  /// Every request for this key fails so.
  void fail(const Bytes& key, Failure failure) {
    const std::lock_guard lock(mutex_);
    failures_.emplace(key, std::move(failure));
  }
  /// Requests for this key are kept, and answered by release().
  void hold(const Bytes& key) {
    const std::lock_guard lock(mutex_);
    held_key_ = key;
  }
  void release() {
    std::vector<Task> held;
    {
      const std::lock_guard lock(mutex_);
      held.swap(held_);
      held_key_.clear();
    }
    for (Task& task : held) post_(std::move(task));
  }
  std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  /// Of several siblings none is picked, from now on.
  void pick_nothing() { picks_nothing_ = true; }
  /// What is found is of a data type that shows this, from now on.
  void show(Bytes json) {
    const std::lock_guard lock(mutex_);
    shown_ = std::move(json);
  }
  void limit_values(std::uint64_t bytes) { max_value_bytes_ = bytes; }
  std::vector<PutRequest> puts() const {
    const std::lock_guard lock(mutex_);
    return puts_;
  }
  std::vector<RequestHead> gets() const {
    const std::lock_guard lock(mutex_);
    return gets_;
  }

  void put(PutRequest request, UniqueFunction<void(Outcome<PutResult>)> done) override {
    const std::lock_guard lock(mutex_);
    puts_.push_back(request);
    const Bytes key = request.head.key;
    answer(key, write(std::move(request)), std::move(done));
  }
  void get(GetRequest request, UniqueFunction<void(Outcome<GetResult>)> done) override {
    const std::lock_guard lock(mutex_);
    gets_.push_back(request.head);
    answer(request.head.key, read(request.head), std::move(done));
  }
  void inspect(std::string page, RequestHead argument, UniqueFunction<void(Outcome<Page>)> done) override {
    const std::lock_guard lock(mutex_);
    Page made{"application/json", "{\"page\":\"" + page + "\",\"keyspace\":\"" + argument.keyspace + "\"}"};
    if (page == "metrics") made = {"text/plain; version=0.0.4", "stator_up 1\n"};
    const bool unknown = page == "siblings" && !keys_.contains({argument.keyspace, argument.key});
    Outcome<Page> outcome =
        unknown ? Outcome<Page>(Status(Code::not_found, "no copy here")) : Outcome<Page>(std::move(made));
    answer(argument.key, std::move(outcome), std::move(done));
  }
  void act(std::string action, Bytes body, UniqueFunction<void(Outcome<Page>)> done) override {
    const std::lock_guard lock(mutex_);
    answer({}, Outcome<Page>(Page{"text/plain", action + " " + body}), std::move(done));
  }
  std::uint64_t max_value_bytes() const override { return max_value_bytes_; }

 private:
  struct Entry {
    std::vector<Version> siblings;
    Context clock;
    std::string token() const { return "tok" + std::to_string(clock.counter(actor())); }
    bool is_live() const {
      return std::any_of(siblings.begin(), siblings.end(), [](const Version& version) { return !version.tombstone; });
    }
  };

  static Actor actor() { return {"node-a", Stamp::from_millis(1)}; }

  Outcome<PutResult> write(PutRequest request) {
    if (auto failure = failures_.find(request.head.key); failure != failures_.end()) return failure->second;
    Entry& entry = keys_[{request.head.keyspace, request.head.key}];
    const bool stale = request.context && *request.context != entry.token();
    if ((request.create_only && entry.is_live()) || (request.if_match && (stale || !entry.is_live()))) {
      return Status(Code::failed_precondition, "the key holds something else");
    }
    Version version;
    version.dot = {actor(), entry.clock.counter(actor()) + 1};
    version.stamp = Stamp::from_millis(1728000000000 + version.dot.counter);
    version.tombstone = request.remove;
    version.value = std::move(request.value);
    version.content_type = std::move(request.content_type);
    entry.clock.add(version.dot);
    if (!stale) entry.siblings.clear();
    PutResult result{entry.token(), entry.clock, version.stamp, version.tombstone};
    entry.siblings.push_back(std::move(version));
    return result;
  }

  Outcome<GetResult> read(const RequestHead& head) {
    if (auto failure = failures_.find(head.key); failure != failures_.end()) return failure->second;
    GetResult result;
    const auto found = keys_.find({head.keyspace, head.key});
    if (found == keys_.end()) return result;
    result.found = found->second.is_live();
    result.siblings = found->second.siblings;
    result.resolved.winner = result.siblings.size() - 1;
    result.resolved.resolved_by = "LWW";
    if (picks_nothing_ && result.siblings.size() > 1) {
      result.resolved = {};
      result.resolved.unresolved = true;
    }
    if (!shown_.empty()) {
      result.siblings.clear();
      result.datatype = true;
      result.resolved = {};
      result.resolved.value = shown_;
      result.resolved.content_type = "application/json";
    }
    result.context = found->second.token();
    result.clock = found->second.clock;
    return result;
  }

  template <typename T>
  void answer(const Bytes& key, Outcome<T> outcome, UniqueFunction<void(Outcome<T>)> done) {
    Task task = [outcome = std::move(outcome), done = std::move(done)]() mutable { done(std::move(outcome)); };
    if (!held_key_.empty() && key == held_key_) {
      held_.push_back(std::move(task));
    } else {
      post_(std::move(task));
    }
  }

  const std::function<void(Task)> post_;
  std::atomic<std::uint64_t> max_value_bytes_ = 8 << 20;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, Bytes>, Entry> keys_;
  std::map<Bytes, Failure> failures_;
  std::atomic<bool> picks_nothing_ = false;
  Bytes shown_;
  Bytes held_key_;
  std::vector<Task> held_;
  std::vector<PutRequest> puts_;
  std::vector<RequestHead> gets_;
};

}  // namespace stator::http
