#include "kernel/coordinator/context_token.h"

#include <absl/strings/escaping.h>
#include <sodium/crypto_hash_sha256.h>
#include <sodium/crypto_shorthash.h>

#include <algorithm>
#include <array>

#include "kernel/causality/record_codec.h"
#include "kernel/causality/wire.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kHashSize = 8;

Status refused() { return {Code::invalid_argument, "the context was not issued by this cluster for this key"}; }

}  // namespace

ContextTokens::ContextTokens(std::string_view secret) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  static_assert(kKeySize == crypto_shorthash_KEYBYTES && kKeySize <= digest.size());
  std::copy_n(digest.begin(), kKeySize, key_.begin());
}

std::uint64_t ContextTokens::hash(BytesView body, std::string_view keyspace, BytesView key) const {
  Bytes all;
  all.reserve(2 * sizeof(std::uint64_t) + body.size() + keyspace.size() + key.size());
  ByteWriter out(all);
  out.word(body.size());  // so that no two triples read alike
  out.word(keyspace.size());
  for (BytesView part : {body, keyspace, key}) out.raw(part);
  std::array<unsigned char, kHashSize> made{};
  static_assert(kHashSize == crypto_shorthash_BYTES);
  crypto_shorthash(made.data(), reinterpret_cast<const unsigned char*>(all.data()), all.size(), key_.data());
  return ByteReader({reinterpret_cast<const char*>(made.data()), made.size()}).word();
}

std::string ContextTokens::issue(const Context& context, std::string_view keyspace, BytesView key) const {
  Bytes body(1, kVersion);
  body += encode_context(context);
  ByteWriter(body).word(hash(body, keyspace, key));
  return absl::WebSafeBase64Escape(body);
}

Result<Context> ContextTokens::read(std::string_view token, std::string_view keyspace, BytesView key) const {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(absl::string_view(token.data(), token.size()), &bytes) ||
      bytes.size() < 1 + kHashSize)
    return refused();
  if (absl::WebSafeBase64Escape(bytes) != token) return refused();  // one text per context
  const BytesView body = BytesView(bytes).substr(0, bytes.size() - kHashSize);
  if (body.front() != kVersion) return Status(Code::invalid_argument, "the context has an unknown version");
  if (ByteReader(BytesView(bytes).substr(body.size())).word() != hash(body, keyspace, key) &&
      !STATOR_SEEDED_BUG(token_not_checked))
    return refused();
  return decode_context(body.substr(1));
}

}  // namespace stator
