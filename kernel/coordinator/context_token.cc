#include "kernel/coordinator/context_token.h"

#include <absl/strings/escaping.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>

#include "kernel/causality/record_codec.h"
#include "kernel/causality/wire.h"
#include "kernel/invariant.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kHashSize = 8;

Status refused() { return {Code::invalid_argument, "the context was not issued by this cluster for this key"}; }

}  // namespace

// A keyed template; each use copies it, since a context of OpenSSL serves one computation at a time.
struct ContextTokens::Mac {
  EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  EVP_MAC_CTX* keyed = EVP_MAC_CTX_new(algorithm);
  ~Mac() {
    EVP_MAC_CTX_free(keyed);
    EVP_MAC_free(algorithm);
  }
};

ContextTokens::ContextTokens(std::string_view secret) : mac_(std::make_unique<Mac>()) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> key{};
  unsigned int key_size = 0;
  const int digested = EVP_Digest(secret.data(), secret.size(), key.data(), &key_size, EVP_sha256(), nullptr);
  std::size_t size = kHashSize;
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
  STATOR_INVARIANT(digested == 1 && EVP_MAC_init(mac_->keyed, key.data(), 16, parameters) == 1,
                   "OpenSSL offers SHA-256 and SipHash");
}

ContextTokens::~ContextTokens() = default;

std::uint64_t ContextTokens::hash(BytesView body, std::string_view keyspace, BytesView key) const {
  EVP_MAC_CTX* computation = EVP_MAC_CTX_dup(mac_->keyed);
  const auto feed = [&](BytesView bytes) {
    EVP_MAC_update(computation, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  };
  Bytes sizes;  // so that no two triples read alike
  ByteWriter(sizes).word(body.size());
  ByteWriter(sizes).word(keyspace.size());
  feed(sizes);
  feed(body);
  feed(keyspace);
  feed(key);
  std::array<unsigned char, kHashSize> out{};
  std::size_t size = 0;
  const int done = EVP_MAC_final(computation, out.data(), &size, out.size());
  EVP_MAC_CTX_free(computation);
  STATOR_INVARIANT(done == 1 && size == kHashSize, "SipHash gives 8 octets");
  return ByteReader({reinterpret_cast<const char*>(out.data()), out.size()}).word();
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
