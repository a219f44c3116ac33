#include "cli/bench/request_template.h"

#include <cstring>

#include "cli/bench/key_chooser.h"

namespace stator::cli {
namespace {

/// "PUT /kv/" up to the key; and what follows it up to the end of the request line.
struct Target {
  std::string before_key;
  std::string after_key;
};

Target target_of(const LoadOptions& options, std::string_view query_name, const std::optional<int>& quorum) {
  Target target{key_path(options.keyspace, ""), ""};
  if (quorum) {
    add_query(target.after_key, query_name, std::to_string(*quorum));
  }
  return target;
}

}  // namespace

std::string incompressible(std::size_t size) {
  Random random(0x5747a70f);
  std::string bytes;
  bytes.reserve(size + sizeof(std::uint64_t));
  while (bytes.size() < size) {
    const std::uint64_t bits = random.bits();
    bytes.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  }
  bytes.resize(size);
  return bytes;
}

RequestTemplate RequestTemplate::put(const LoadOptions& options, const Endpoint& target) {
  const Target line = target_of(options, "w", options.w);
  RequestTemplate result;
  result.bytes_ = "PUT " + line.before_key;
  result.key_at_ = result.bytes_.size();
  result.bytes_ +=
      std::string(kKeyBytes, '0') + line.after_key + " HTTP/1.1\r\nHost: " + target.authority() +
      "\r\nContent-Type: application/octet-stream\r\nContent-Length: " + std::to_string(options.value_bytes) +
      "\r\n\r\n" + incompressible(options.value_bytes);
  result.value_bytes_ = options.value_bytes;
  return result;
}

RequestTemplate RequestTemplate::get(const LoadOptions& options, const Endpoint& target) {
  const Target line = target_of(options, "r", options.r);
  RequestTemplate result;
  result.bytes_ = "GET " + line.before_key;
  result.key_at_ = result.bytes_.size();
  result.bytes_ += std::string(kKeyBytes, '0') + line.after_key + " HTTP/1.1\r\nHost: " + target.authority() +
                   "\r\nAccept: application/octet-stream\r\n\r\n";
  return result;
}

std::string_view RequestTemplate::fill(std::uint64_t key, std::uint64_t stamp) {
  write_key(key, std::span<char, kKeyBytes>(bytes_.data() + key_at_, kKeyBytes));
  if (value_bytes_ >= sizeof stamp) {
    std::memcpy(bytes_.data() + bytes_.size() - value_bytes_, &stamp, sizeof stamp);
  }
  return bytes_;
}

}  // namespace stator::cli
