#include "tests/cluster/set_load.h"

#include <random>
#include <sstream>
#include <utility>

#include "tests/cluster/http_client.h"
#include "tests/cluster/shown_values.h"

namespace stator::cluster {

class SetLoad::Client {
 public:
  Client(SetLoad& load, std::size_t number) : load_(load), number_(number), random_(load.plan_.seed + number) {
    for (std::uint16_t port : load.plan_.ports) nodes_.emplace_back(port, std::chrono::seconds(3));
  }

  void run() {
    for (std::size_t nth = 0; !load_.stopping_; ++nth) {
      const std::string key = "set-" + std::to_string(below(load_.plan_.keys));
      add(nodes_[below(nodes_.size())], key, std::to_string(number_) + "." + std::to_string(nth));
    }
  }

 private:
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }

  void add(HttpClient& node, const std::string& key, const std::string& element) {
    const HttpAnswer answer = get_json(node, "/kv/" + key + "?timeout_ms=500");
    const auto values = values_of(answer);
    if (!values) return;
    std::string written;
    for (const std::string& kept : elements(*values)) written += kept + ",";
    written += element;
    std::string context = answer.field("x-stator-context");
    if (load_.plan_.forgets_contexts) context.clear();
    note(key, element, false);
    if (node.put("/kv/" + key + "?timeout_ms=1000", written, context).ok()) note(key, element, true);
  }

  void note(const std::string& key, const std::string& element, bool acknowledged) {
    const std::lock_guard lock(load_.mutex_);
    load_.sets_[key][element] = acknowledged;
    if (acknowledged) ++load_.acknowledged_;
  }

  SetLoad& load_;
  const std::size_t number_;
  std::mt19937_64 random_;
  std::vector<HttpClient> nodes_;
};

SetLoad::SetLoad(Plan plan) : plan_(std::move(plan)) {
  for (std::size_t client = 0; client < plan_.clients; ++client) {
    threads_.emplace_back([this, client] { Client(*this, client).run(); });
  }
}

bool SetLoad::await_progress(std::size_t elements, std::chrono::nanoseconds patience) const {
  const std::size_t goal = acknowledged_ + elements;
  return await([&] { return acknowledged_ >= goal; }, patience);
}

void SetLoad::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::vector<std::string> SetLoad::keys() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [key, set] : sets_) all.push_back(key);
  return all;
}

std::vector<std::string> SetLoad::lost(const std::string& key, const std::set<std::string>& values) const {
  const std::set<std::string> found = elements(values);
  const std::lock_guard lock(mutex_);
  std::vector<std::string> missing;
  for (const auto& [element, acknowledged] : sets_.at(key)) {
    if (acknowledged && !found.contains(element)) missing.emplace_back(key + ": ").append(element);
  }
  return missing;
}

std::vector<std::string> SetLoad::invented(const std::string& key, const std::set<std::string>& values) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> strange;
  for (const std::string& element : elements(values)) {
    if (!sets_.at(key).contains(element)) strange.emplace_back(key + ": ").append(element);
  }
  return strange;
}

std::set<std::string> SetLoad::elements(const std::set<std::string>& values) {
  std::set<std::string> all;
  for (const std::string& value : values) {
    std::istringstream in(value);
    for (std::string element; std::getline(in, element, ',');) all.insert(element);
  }
  return all;
}

}  // namespace stator::cluster
