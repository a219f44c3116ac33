#include "tests/golden/golden.h"

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

namespace stator::golden {
namespace {

constexpr std::size_t kBytesPerLine = 32;

std::string path_of(const std::string& name) { return std::string(STATOR_GOLDEN_DIR "/") + name; }

}  // namespace

std::string read(const std::string& name) {
  std::ifstream in(path_of(name));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Comparison compare(const std::string& name, std::string actual) {
  if (std::getenv("STATOR_REGENERATE_GOLDEN") != nullptr) {
    std::ofstream(path_of(name)) << actual;
  }
  return {read(name), std::move(actual)};
}

std::string to_hex(BytesView bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
    if (i % kBytesPerLine == kBytesPerLine - 1 || i + 1 == bytes.size()) text += '\n';
  }
  return text;
}

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  std::string pair;
  for (char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) pair += c;
    if (pair.size() < 2) continue;
    bytes += static_cast<char>(std::stoi(pair, nullptr, 16));
    pair.clear();
  }
  return bytes;
}

}  // namespace stator::golden
