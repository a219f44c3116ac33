#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "stator/transport.h"

namespace stator::grpc_transport {

/// A kernel as client transports see it, for tests: the functions are set before start, and are called on the loops.
/// What they return is handed over in a task of its own, as the contract has it.
class ScriptedClients final : public Clients {
 public:
  explicit ScriptedClients(Host& host) : host_(host) {}

  void put(PutRequest request, UniqueFunction<void(Outcome<PutResult>)> done) override {
    answer(on_put(std::move(request)), std::move(done));
  }
  void get(GetRequest request, UniqueFunction<void(Outcome<GetResult>)> done) override {
    answer(on_get(std::move(request)), std::move(done));
  }
  void inspect(std::string page, RequestHead, UniqueFunction<void(Outcome<Page>)> done) override {
    answer(on_inspect(page), std::move(done));
  }
  void act(std::string, Bytes, UniqueFunction<void(Outcome<Page>)> done) override {
    answer(std::optional<Outcome<Page>>(Status(Code::not_found, "no actions here")), std::move(done));
  }
  std::uint64_t max_value_bytes() const override { return 8 << 20; }

  /// nullopt: `done` is kept, and nobody answers until release().
  std::function<std::optional<Outcome<PutResult>>(PutRequest)> on_put;
  std::function<std::optional<Outcome<GetResult>>(GetRequest)> on_get;
  std::function<std::optional<Outcome<Page>>(const std::string& page)> on_inspect;

  /// Answers, too late, what was kept of puts. On the loop that kept them.
  void release(const Outcome<PutResult>& outcome) {
    for (auto& done : std::exchange(kept_, {})) done(outcome);
  }

 private:
  template <typename T>
  void answer(std::optional<Outcome<T>> outcome, UniqueFunction<void(Outcome<T>)> done) {
    if (outcome) {
      host_.post([outcome = std::move(*outcome), done = std::move(done)]() mutable { done(std::move(outcome)); });
    } else if constexpr (std::is_same_v<T, PutResult>) {
      kept_.push_back(std::move(done));
    }
  }
  Host& host_;
  std::vector<UniqueFunction<void(Outcome<PutResult>)>> kept_;
};

}  // namespace stator::grpc_transport
