#include "cli/bench/key_chooser.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

namespace stator::cli {
namespace {

double zeta(std::uint64_t n, double theta) {
  double sum = 0;
  for (std::uint64_t i = 1; i <= n; ++i) {
    sum += std::pow(static_cast<double>(i), -theta);
  }
  return sum;
}

}  // namespace

KeyChooser::KeyChooser(const Options& options)
    : options_(options), random_(options.seed), position_(options.first % options.keys) {
  if (options_.distribution != Distribution::zipfian) {
    return;
  }
  const double theta = options_.theta;
  const auto n = static_cast<double>(options_.keys);
  zeta_ = zeta(options_.keys, theta);
  alpha_ = 1 / (1 - theta);
  eta_ = (1 - std::pow(2 / n, 1 - theta)) / (1 - zeta(2, theta) / zeta_);
}

// Gray, Sundaresan, Englert, Baclawski, Weinberger: "Quickly generating billion-record synthetic databases", SIGMOD
// 1994, figure 2; YCSB's ZipfianGenerator is the same.
std::uint64_t KeyChooser::next_rank() {
  const double u = random_.unit();
  const double uz = u * zeta_;
  if (uz < 1 || options_.keys == 1) {
    return 0;
  }
  if (uz < 1 + std::pow(0.5, options_.theta) || options_.keys == 2) {
    return 1;
  }
  const double rank = static_cast<double>(options_.keys) * std::pow(eta_ * u - eta_ + 1, alpha_);
  return std::min(static_cast<std::uint64_t>(rank), options_.keys - 1);
}

// YCSB hashes the rank, so that several ranks share a key and others are never drawn. A multiplication by a prime above
// kMaxKeys, which no number of keys is a multiple of, scatters as well and keeps the distribution what it says it is.
std::uint64_t KeyChooser::scatter(std::uint64_t rank, std::uint64_t keys) {
  constexpr std::uint64_t kPrime = 2654435761u;
  static_assert(kPrime > kMaxKeys && kMaxKeys < UINT64_MAX / kPrime);
  return rank * kPrime % keys;
}

std::uint64_t KeyChooser::next() {
  switch (options_.distribution) {
    case Distribution::uniform: return random_.below(options_.keys);
    case Distribution::zipfian: return scatter(next_rank(), options_.keys);
    case Distribution::sequential: break;
  }
  const std::uint64_t chosen = position_;
  position_ = position_ + 1 == options_.keys ? 0 : position_ + 1;
  return chosen;
}

void write_key(std::uint64_t number, std::span<char, kKeyBytes> out) {
  constexpr std::string_view kPrefix = "key-";
  std::memcpy(out.data(), kPrefix.data(), kPrefix.size());
  for (std::size_t i = kKeyBytes; i-- > kPrefix.size();) {
    out[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

}  // namespace stator::cli
