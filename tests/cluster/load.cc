#include "tests/cluster/load.h"

#include <absl/strings/escaping.h>

#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "tests/cluster/await.h"
#include "tests/cluster/http_client.h"
#include "tests/cluster/shown_values.h"

namespace stator::cluster {
namespace {

constexpr std::size_t kHotKeys = 4;
constexpr std::size_t kLargest = 8192;

}  // namespace

class Load::Client {
 public:
  Client(Load& load, std::size_t number) : load_(load), number_(number) {
    for (std::uint16_t port : load.ports_) nodes_.emplace_back(port, std::chrono::seconds(10));
  }

  void run() {
    for (std::size_t i = 0; !load_.stopping_; ++i) {
      const std::string value = std::to_string(number_) + "-" + std::to_string(i);
      const bool went_well = i % 3 == 0 ? replace_hot(i / 3 % kHotKeys, value) : make_own(value);
      // Clients start at different nodes, and each goes round them.
      if (!went_well || i % 64 == 0) ++at_;
    }
  }

 private:
  using Condition = std::pair<std::string, std::string>;

  HttpClient& node() { return nodes_[(number_ + at_) % nodes_.size()]; }

  /// Of all sizes up to a few pages, so that the logs fill and their segments and snapshots come and go.
  bool make_own(const std::string& value) {
    return write("own-" + value, value + ":" + std::string(std::hash<std::string>()(value) % kLargest, '.'), {}, {});
  }

  bool replace_hot(std::size_t which, const std::string& value) {
    const std::string key = "hot-" + std::to_string(which);
    const HttpAnswer answer = get_json(node(), load_.path_ + key);
    const auto observed = values_of(answer);
    if (!observed) return false;
    const std::string context = answer.field("x-stator-context");
    // A blind write would replace what its node knows, seen or not.
    Condition condition{"If-None-Match", "*"};
    if (!context.empty()) condition = {"X-Stator-Context", context};
    return write(key, value, {observed->begin(), observed->end()}, {condition});
  }

  bool write(const std::string& key, const std::string& value, std::vector<std::string> observed,
             std::vector<Condition> fields) {
    load_.ledger_.attempt(key, value, std::move(observed));
    HttpRequest request{"PUT", load_.path_ + key, std::move(fields), value};
    if (number_ % 2 != 0) {  // half of the clients speak JSON
      request.fields.emplace_back("Content-Type", "application/json");
      request.body = nlohmann::json{{"valueBase64", absl::Base64Escape(value)}}.dump();
    }
    const HttpAnswer answer = node().send(request);
    if (answer.ok()) load_.ledger_.acknowledge(key, value);
    return answer.ok();
  }

  Load& load_;
  const std::size_t number_;
  std::size_t at_ = 0;
  std::vector<HttpClient> nodes_;
};

Load::Load(std::vector<std::uint16_t> ports, Ledger& ledger, int clients, std::string path)
    : ports_(std::move(ports)), ledger_(ledger), path_(std::move(path)) {
  for (int client = 0; client < clients; ++client) {
    threads_.emplace_back([this, client] { Client(*this, static_cast<std::size_t>(client)).run(); });
  }
}

bool Load::await_progress(std::size_t writes) {
  const std::size_t goal = ledger_.acknowledged() + writes;
  return await([&] { return ledger_.acknowledged() >= goal; });
}

void Load::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

Account audit(const std::vector<std::uint16_t>& ports, const Ledger& ledger, const std::string& path) {
  std::vector<HttpClient> nodes;
  nodes.reserve(ports.size());
  for (std::uint16_t port : ports) nodes.emplace_back(port);
  Account account;
  std::size_t turn = 0;
  for (const std::string& key : ledger.keys()) {
    const HttpAnswer answer = get_json(nodes[turn++ % nodes.size()], path + key);
    const auto found = values_of(answer);
    if (!found) {
      account.unreadable.push_back(key + ": " + std::to_string(answer.status) + " " + answer.body);
      continue;
    }
    account.found += found->size();
    for (const std::string& value : ledger.lost(key, *found)) account.lost.emplace_back(key + "=").append(value);
    for (const std::string& value : ledger.invented(key, *found))
      account.invented.emplace_back(key + "=").append(value);
  }
  return account;
}

}  // namespace stator::cluster
