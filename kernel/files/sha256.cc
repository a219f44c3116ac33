#include "kernel/files/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "kernel/invariant.h"

namespace stator {

struct Sha256::State {
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(digest); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  STATOR_INVARIANT(EVP_DigestInit_ex(state_->digest, EVP_sha256(), nullptr) == 1, "OpenSSL offers SHA-256");
}

Sha256::~Sha256() = default;

void Sha256::add(BytesView bytes) { EVP_DigestUpdate(state_->digest, bytes.data(), bytes.size()); }

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->digest, bytes.data(), &size);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += {kDigits[bytes[i] >> 4], kDigits[bytes[i] & 15]};
  return text;
}

}  // namespace stator
