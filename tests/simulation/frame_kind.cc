#include "tests/simulation/frame_kind.h"

#include <optional>

namespace stator::simulation {
namespace {

/// Protocol Buffers' wire format, as far as skipping fields needs it.
class Fields {
 public:
  explicit Fields(BytesView rest) : rest_(rest) {}
  bool empty() const { return rest_.empty(); }

  std::optional<std::uint64_t> varint() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto octet = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      number |= std::uint64_t{octet & 0x7fU} << shift;
      if (octet < 0x80) return number;
    }
    return std::nullopt;
  }
  bool skip(std::uint64_t wire_type) {
    switch (wire_type) {
      case 0: return varint().has_value();
      case 1: return drop(8);
      case 2: {
        const std::optional<std::uint64_t> size = varint();
        return size && drop(*size);
      }
      case 5: return drop(4);
      default: return false;
    }
  }

 private:
  bool drop(std::uint64_t size) {
    if (size > rest_.size()) return false;
    rest_.remove_prefix(size);
    return true;
  }
  BytesView rest_;
};

bool is_body(std::uint64_t field) { return (field >= 3 && field <= 7) || (field >= 9 && field <= 13) || field == 16; }

}  // namespace

FrameKind kind_of(BytesView request) {
  Fields fields(request);
  while (!fields.empty()) {
    const std::optional<std::uint64_t> key = fields.varint();
    if (!key) break;
    if (is_body(*key >> 3)) return static_cast<FrameKind>(*key >> 3);
    if (!fields.skip(*key & 7)) break;
  }
  return FrameKind::none;
}

}  // namespace stator::simulation
