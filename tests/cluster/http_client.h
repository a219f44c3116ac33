#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/cluster/await.h"

namespace stator::cluster {

struct HttpRequest {
  std::string method = "GET";
  std::string target;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
};

struct HttpAnswer {
  int status = 0;                             ///< 0: no answer; the connection was refused, closed or silent
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;

  /// Empty if there is none.
  std::string field(const std::string& name) const;
  /// The body; discarded (is_discarded()) if it is no JSON.
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
  bool ok() const { return status >= 200 && status < 300; }
};

/// The request as it goes over the wire, with Host and, for a body, Content-Length.
std::string wire_text(const HttpRequest& request);

/// One connection to one node, made again when it was lost. [serial, blocking]
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, std::chrono::seconds patience = kPatience)
      : port_(port), patience_(patience) {}
  ~HttpClient() { close(); }
  HttpClient(HttpClient&& other) noexcept;
  HttpClient& operator=(HttpClient&&) = delete;

  /// Sends once and never again: without an answer the request may or may not have been done.
  HttpAnswer send(const HttpRequest& request);
  HttpAnswer get(const std::string& target) { return send({"GET", target, {}, {}}); }
  /// The value's own bytes, no envelope.
  HttpAnswer put(const std::string& target, const std::string& value, const std::string& context = "");
  HttpAnswer put_json(const std::string& target, const nlohmann::json& envelope);

  /// Any bytes. False if the connection cannot be made or is closed.
  bool write(const std::string& bytes);
  /// The next answer of the connection; `head_only` if it answers HEAD. An interim answer (100) counts as one.
  HttpAnswer read(bool head_only = false);
  void close();

 private:
  bool connect();
  bool receive();

  std::uint16_t port_;
  std::chrono::seconds patience_;
  int socket_ = -1;
  std::string received_;
};

}  // namespace stator::cluster
