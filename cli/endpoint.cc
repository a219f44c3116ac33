#include "cli/endpoint.h"

#include <algorithm>
#include <charconv>

namespace stator::cli {
namespace {

Status refuse(std::string_view text, std::string_view why) {
  return {Code::invalid_argument, "\"" + std::string(text) + "\": " + std::string(why)};
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port <= 65535;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::string Endpoint::authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + port;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  Endpoint endpoint{.scheme = "http"};
  std::string_view rest = text;
  if (const auto mark = rest.find("://"); mark != std::string_view::npos) {
    endpoint.scheme = rest.substr(0, mark);
    rest.remove_prefix(mark + 3);
  }
  if (endpoint.scheme != "http" && endpoint.scheme != "grpc") {
    return refuse(text, "the scheme is http or grpc, not \"" + endpoint.scheme + "\"");
  }
  if (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  if (rest.find_first_of("/?#@ ") != std::string_view::npos) {
    return refuse(text, "expected only a scheme, a host and a port, like http://127.0.0.1:8081");
  }
  endpoint.port = endpoint.scheme == "http" ? "80" : "9091";
  const auto bracket = rest.rfind(']');
  const auto colon = rest.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (has_port) {
    endpoint.port = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_port(endpoint.port)) {
      return refuse(text, "\"" + endpoint.port + "\" is no port");
    }
  }
  if (rest.starts_with('[') && rest.ends_with(']')) {
    rest = rest.substr(1, rest.size() - 2);
  }
  if (rest.empty()) {
    return refuse(text, "there is no host");
  }
  endpoint.host = rest;
  return endpoint;
}

Result<std::vector<Endpoint>> parse_endpoints(std::string_view text) {
  std::vector<Endpoint> endpoints;
  while (true) {
    const auto comma = text.find(',');
    auto endpoint = parse_endpoint(trimmed(text.substr(0, comma)));
    if (!endpoint.is_ok()) {
      return endpoint.status();
    }
    endpoints.push_back(std::move(*endpoint));
    if (comma == std::string_view::npos) {
      return endpoints;
    }
    text.remove_prefix(comma + 1);
  }
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string result;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return result;
}

std::string key_path(std::string_view keyspace, std::string_view key, const std::string& resource) {
  const std::string prefix = keyspace == "default" ? "" : "/ks/" + percent_encoded(keyspace);
  return prefix + resource + percent_encoded(key);
}

void add_query(std::string& target, std::string_view name, std::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += name;
  target += '=';
  target += percent_encoded(value);
}

}  // namespace stator::cli
