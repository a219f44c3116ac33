#include "block_place.h"

#include <charconv>
#include <string>
#include <string_view>

namespace stator::rocks {

// "Corruption: block checksum mismatch: … in PATH offset 17 size 4096"
std::optional<BlockPlace> place_of(const ::rocksdb::Status& status) {
  constexpr std::string_view kIn = " in ";
  constexpr std::string_view kOffset = " offset ";
  constexpr std::string_view kSize = " size ";
  const std::string text = status.IsCorruption() ? status.ToString() : std::string();
  const std::size_t size_at = text.rfind(kSize);
  const std::size_t offset_at = text.rfind(kOffset, size_at);
  const std::size_t file_at = text.find(kIn);
  if (size_at == std::string::npos || offset_at == std::string::npos || file_at > offset_at) return std::nullopt;
  BlockPlace place;
  place.file = text.substr(file_at + kIn.size(), offset_at - file_at - kIn.size());
  const auto number_at = [&text](std::size_t at, std::uint64_t& number) {
    return std::from_chars(text.data() + at, text.data() + text.size(), number).ec == std::errc();
  };
  if (!number_at(offset_at + kOffset.size(), place.offset) || !number_at(size_at + kSize.size(), place.bytes))
    return std::nullopt;
  return place;
}

}  // namespace stator::rocks
