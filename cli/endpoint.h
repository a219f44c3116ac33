#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stator/status.h"

namespace stator::cli {

/// Where a node listens for clients: "http://127.0.0.1:8081" or "grpc://127.0.0.1:9091". A value.
struct Endpoint {
  std::string scheme;  ///< "http" or "grpc"
  std::string host;    ///< without the brackets of an IPv6 address
  std::string port;

  /// "host:port", with brackets around an IPv6 address: what a Host header and gRPC want.
  std::string authority() const;
  std::string text() const { return scheme + "://" + authority(); }
  bool operator==(const Endpoint&) const = default;
};

/// A missing scheme means http, a missing port 80 for http and 9091 for grpc. A path is refused, but for "/".
Result<Endpoint> parse_endpoint(std::string_view text);
/// Several, with commas between them; at least one. Blanks around them are ignored.
Result<std::vector<Endpoint>> parse_endpoints(std::string_view text);

/// Everything but letters, digits and "-._~" as %XX (RFC 3986, section 2.3).
std::string percent_encoded(std::string_view text);

/// The path of a key on a node: /kv/KEY in the default keyspace, else /ks/NAME/kv/KEY; or of another resource about it.
std::string key_path(std::string_view keyspace, std::string_view key, const std::string& resource = "/kv/");

/// Adds "?name=value" or "&name=value"; the value is percent-encoded.
void add_query(std::string& target, std::string_view name, std::string_view value);

}  // namespace stator::cli
