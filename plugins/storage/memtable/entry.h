#pragma once

#include <compare>
#include <cstring>
#include <memory>

#include "absl/types/compare.h"
#include "encoding.h"
#include "stator/bytes.h"

namespace stator::memtable {

/// One key and its value in a single allocation: key_length:varint value_length:varint key value. Moved, not copied.
class Entry {
 public:
  Entry(BytesView key, BytesView value) {
    char lengths[20];
    char* end = store_varint(store_varint(lengths, key.size()), value.size());
    const auto head = static_cast<std::size_t>(end - lengths);
    packed_ = std::make_unique_for_overwrite<char[]>(head + key.size() + value.size());
    std::memcpy(packed_.get(), lengths, head);
    key.copy(packed_.get() + head, key.size());
    value.copy(packed_.get() + head + key.size(), value.size());
  }

  BytesView key() const { return parts().key; }
  BytesView value() const { return parts().value; }

  /// Const, because the key, by which sets order entries, stays what it is.
  void set_value(BytesView value) const {
    const Parts now = parts();
    if (now.value.size() == value.size()) {
      value.copy(const_cast<char*>(now.value.data()), value.size());
    } else {
      packed_ = std::move(Entry(now.key, value).packed_);
    }
  }

 private:
  struct Parts {
    BytesView key;
    BytesView value;
  };
  Parts parts() const {
    const char* at = packed_.get();
    const std::size_t key_size = load_varint(at);
    const std::size_t value_size = load_varint(at);
    return {BytesView(at, key_size), BytesView(at + key_size, value_size)};
  }
  static std::size_t load_varint(const char*& at) {
    std::size_t number = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at++);
      number |= static_cast<std::size_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
  }

  mutable std::unique_ptr<char[]> packed_;
};

/// Bytewise by key; three-way, so that a B-tree compares once a step.
struct EntryOrder {
  using is_transparent = void;
  static BytesView key(const Entry& entry) { return entry.key(); }
  static BytesView key(BytesView key) { return key; }
  template <typename A, typename B>
  absl::weak_ordering operator()(const A& a, const B& b) const {
    const int order = key(a).compare(key(b));
    if (order == 0) return absl::weak_ordering::equivalent;
    return order < 0 ? absl::weak_ordering::less : absl::weak_ordering::greater;
  }
};

}  // namespace stator::memtable
