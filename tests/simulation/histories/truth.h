#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/causality/record.h"
#include "stator/host.h"

namespace stator::simulation {

/// A set of a key's writes, by number.
class WriteSet {
 public:
  void add(std::size_t write);
  void add(const WriteSet& other);
  bool contains(std::size_t write) const {
    return write / 64 < words_.size() && ((words_[write / 64] >> (write % 64)) & 1) != 0;
  }
  /// Those that are here and not in `other`, ascending.
  std::vector<std::size_t> without(const WriteSet& other) const;

 private:
  std::vector<std::uint64_t> words_;
};

/// Writes that somebody has really seen: what they were shown, and what those had seen in turn.
struct Sight {
  WriteSet surely;
  /// Their own writes, on which they wrote on without reading, and all that a blind write may have met: replaced
  /// perhaps, perhaps not.
  WriteSet perhaps;
  void add(const Sight& other) {
    surely.add(other.surely);
    perhaps.add(other.perhaps);
  }
  bool contains(std::size_t write) const { return surely.contains(write) || perhaps.contains(write); }
};

/// The true history of one key: which write has seen which, and which were acknowledged. It knows no context, and
/// judges by what clients were told. A write is recognised by its value or its op id, which it makes. [serial]
class Truth {
 public:
  /// A time to live that is longer than every history, in milliseconds.
  static constexpr std::uint32_t kForEver = 3'600'000;

  struct Options {
    std::string name;          ///< of the key, as values and messages have it
    std::uint32_t number = 0;  ///< of the key among all of the history
  };
  struct NewWrite {
    Sight seen;
    bool blind = false;
    bool removal = false;
    std::uint32_t ttl_ms = 0;  ///< 0: it stays. Else it is written with its op id, always
    TimePoint begun;
    TimePoint deadline;
  };
  explicit Truth(Options options) : options_(std::move(options)) {}

  std::size_t begin_write(NewWrite write);
  /// It is sent once more.
  void retry(std::size_t write, TimePoint deadline);
  /// It was acknowledged; or it will not be any more.
  void end_write(std::size_t write, bool acknowledged);
  /// Which writes are acknowledged by now.
  const WriteSet& acknowledged() const { return acknowledged_; }
  TimePoint begun(std::size_t write) const { return writes_[write].begun; }
  TimePoint deadline(std::size_t write) const { return writes_[write].deadline; }
  std::size_t size() const { return writes_.size(); }
  bool is_acknowledged(std::size_t write) const { return acknowledged_.contains(write); }
  bool was_retried(std::size_t write) const { return writes_[write].retried; }
  bool is_removal(std::size_t write) const { return writes_[write].removal; }
  bool expires(std::size_t write) const { return writes_[write].ttl_ms > 0; }

  Bytes value_of(std::size_t write) const;
  OpId op_of(std::size_t write) const;
  /// The write that made this version; nothing if none of this key did.
  std::optional<std::size_t> write_of(const Version& version) const;
  /// The writes' numbers, "-3" for a removal; for people.
  std::string text_of(const std::vector<Version>& versions) const;
  /// Everything that a reader of those versions has seen.
  Sight seen_in(const std::vector<Version>& versions) const;

  // Judgements: what is wrong, or nothing.

  /// Of any read, however stale.
  std::optional<std::string> judge_versions(const std::vector<Version>& versions) const;
  /// Of a read that began when its node's wall clock showed that.
  std::optional<std::string> judge_expiry(const std::vector<Version>& versions, std::uint64_t wall_millis) const;
  /// Of a read that must know all of `before`. `collected`: but for what removals have replaced.
  std::optional<std::string> judge_fresh(const std::vector<Version>& versions, const WriteSet& before,
                                         bool collected = false) const;
  /// Of the record that a coordinator made for a write it has just signed.
  std::optional<std::string> judge_signed(std::size_t write, const Record& record) const;
  /// Of the record that all replicas hold in the end. `collected`: what removals have replaced may be forgotten.
  std::optional<std::string> judge_healed(const Record& record, bool collected) const;

 private:
  struct Write {
    Sight seen;
    bool blind = false;
    bool removal = false;
    std::uint32_t ttl_ms = 0;
    bool retried = false;
    bool ended = false;
    TimePoint begun;
    TimePoint deadline;   ///< of the last try
    std::size_t met = 0;  ///< of a blind write that has ended: it may have replaced those below
  };
  std::string name(std::size_t write) const;
  Sight sight_of(std::size_t write) const;
  std::optional<std::string> judge_replaced(const std::vector<Version>& versions, const WriteSet& acknowledged) const;
  bool is_as_written(const Version& version, std::size_t write) const;
  bool ends_by_itself(std::size_t write) const {
    return writes_[write].removal || (writes_[write].ttl_ms > 0 && writes_[write].ttl_ms < kForEver);
  }
  bool forgotten_with_a_removal(std::size_t write) const;

  Options options_;
  std::vector<Write> writes_;
  WriteSet acknowledged_;
};

}  // namespace stator::simulation
