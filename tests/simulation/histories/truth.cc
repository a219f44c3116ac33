#include "tests/simulation/histories/truth.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace stator::simulation {

void WriteSet::add(std::size_t write) {
  if (write / 64 >= words_.size()) words_.resize(write / 64 + 1);
  words_[write / 64] |= std::uint64_t{1} << (write % 64);
}

void WriteSet::add(const WriteSet& other) {
  if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
  for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
}

std::vector<std::size_t> WriteSet::without(const WriteSet& other) const {
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const std::uint64_t rest = words_[i] & ~(i < other.words_.size() ? other.words_[i] : 0);
    for (std::size_t bit = 0; bit < 64 && rest >> bit != 0; ++bit) {
      if (((rest >> bit) & 1) != 0) left.push_back(i * 64 + bit);
    }
  }
  return left;
}

std::size_t Truth::begin_write(NewWrite write) {
  Write made;
  made.seen = std::move(write.seen);
  made.blind = write.blind;
  made.removal = write.removal;
  made.ttl_ms = write.ttl_ms;
  made.begun = write.begun;
  made.deadline = write.deadline;
  writes_.push_back(std::move(made));
  return writes_.size() - 1;
}

void Truth::retry(std::size_t write, TimePoint deadline) {
  writes_[write].retried = true;
  writes_[write].deadline = deadline;
}

void Truth::end_write(std::size_t write, bool acknowledged) {
  if (!acknowledged) return;
  acknowledged_.add(write);
  // A try that failed may still take effect, and meet what comes.
  writes_[write].ended = !writes_[write].retried;
  writes_[write].met = writes_.size();
}

std::string Truth::name(std::size_t write) const { return "write " + std::to_string(write) + " of " + options_.name; }

// "name:number"; long enough now and then that logs and frames are of many sizes.
Bytes Truth::value_of(std::size_t write) const {
  Bytes value = options_.name + ":" + std::to_string(write) + ":";
  value.append(write * 37 % 100, 'v');
  return value;
}

OpId Truth::op_of(std::size_t write) const {
  OpId op{};
  const auto number = static_cast<std::uint32_t>(write);
  std::memcpy(op.data(), &options_.number, sizeof options_.number);
  std::memcpy(op.data() + 4, &number, sizeof number);
  op[15] = 1;
  return op;
}

std::optional<std::size_t> Truth::write_of(const Version& version) const {
  std::size_t write = writes_.size();
  if (version.op_id) {
    std::uint32_t number = 0;
    std::memcpy(&number, version.op_id->data() + 4, sizeof number);
    write = number;
    if (write >= writes_.size() || op_of(write) != *version.op_id) return std::nullopt;
  } else {
    if (!version.value.starts_with(options_.name + ":")) return std::nullopt;
    const char* begin = version.value.data() + options_.name.size() + 1;
    if (std::from_chars(begin, version.value.data() + version.value.size(), write).ec != std::errc())
      return std::nullopt;
  }
  if (write >= writes_.size() || !is_as_written(version, write)) return std::nullopt;
  return write;
}

// What has expired is shown as removed.
bool Truth::is_as_written(const Version& version, std::size_t write) const {
  const Write& made = writes_[write];
  const std::uint64_t ttl = std::uint64_t{made.ttl_ms} << 16;
  if (version.expires.has_value() != (ttl > 0) || (ttl > 0 && version.expires->bits != version.stamp.bits + ttl))
    return false;
  if (version.tombstone) return made.removal || ttl > 0;
  return !made.removal && version.value == value_of(write);
}

std::string Truth::text_of(const std::vector<Version>& versions) const {
  std::string text = "[";
  for (const Version& version : versions) {
    const std::optional<std::size_t> write = write_of(version);
    text += (text.size() == 1 ? "" : " ") + std::string(version.tombstone ? "-" : "") +
            (write ? std::to_string(*write) : "?");
  }
  return text + "]";
}

// A blind write replaces whatever its coordinator knew: nobody can say what that was.
Sight Truth::sight_of(std::size_t write) const {
  Sight sight = writes_[write].seen;
  if (!writes_[write].blind) return sight;
  const std::size_t met = writes_[write].ended ? writes_[write].met : writes_.size();
  for (std::size_t other = 0; other < met; ++other) {
    if (other != write) sight.perhaps.add(other);
  }
  return sight;
}

Sight Truth::seen_in(const std::vector<Version>& versions) const {
  Sight seen;
  for (const Version& version : versions) {
    const std::optional<std::size_t> write = write_of(version);
    if (!write) continue;
    seen.surely.add(*write);
    seen.add(sight_of(*write));
  }
  return seen;
}

std::optional<std::string> Truth::judge_versions(const std::vector<Version>& versions) const {
  std::vector<std::size_t> held;
  for (const Version& version : versions) {
    const std::optional<std::size_t> write = write_of(version);
    if (!write) return options_.name + " holds what nobody wrote to it";
    held.push_back(*write);
  }
  for (std::size_t newer : held) {
    for (std::size_t older : held) {
      if (newer != older && writes_[newer].seen.surely.contains(older) && !writes_[older].retried)
        return name(older) + " stands beside " + name(newer) + ", whose client had seen and replaced it";
    }
  }
  return std::nullopt;
}

std::optional<std::string> Truth::judge_expiry(const std::vector<Version>& versions, std::uint64_t wall_millis) const {
  for (const Version& version : versions) {
    if (!version.tombstone && version.expires && version.expires->millis() <= wall_millis)
      return text_of({version}) + " of " + options_.name + " is read after its time";
  }
  return std::nullopt;
}

std::optional<std::string> Truth::judge_fresh(const std::vector<Version>& versions, const WriteSet& before,
                                              bool collected) const {
  const Sight seen = seen_in(versions);
  WriteSet all = seen.surely;
  all.add(seen.perhaps);
  for (std::size_t missed : before.without(all)) {
    if (collected && forgotten_with_a_removal(missed)) continue;
    return "a read knows nothing of " + name(missed) + ", which was acknowledged before it began";
  }
  return judge_replaced(versions, before);
}

// What came of a try that was made again elsewhere may stand beside its successor.
std::optional<std::string> Truth::judge_replaced(const std::vector<Version>& versions,
                                                 const WriteSet& acknowledged) const {
  for (const Version& version : versions) {
    const std::size_t held = *write_of(version);
    if (writes_[held].retried) continue;
    for (std::size_t newer = 0; newer < writes_.size(); ++newer) {
      if (acknowledged.contains(newer) && writes_[newer].seen.surely.contains(held))
        return name(held) + " is back although " + name(newer) + " replaced it, which was acknowledged";
    }
  }
  return std::nullopt;
}

std::optional<std::string> Truth::judge_signed(std::size_t write, const Record& record) const {
  bool found = false;
  for (const Version& version : record.versions) {
    const std::optional<std::size_t> held = write_of(version);
    if (!held) return options_.name + " holds what nobody wrote to it";
    found = found || *held == write;
    if (*held != write && writes_[write].seen.surely.contains(*held) && !writes_[*held].retried)
      return name(write) + " left " + name(*held) + " standing, which its client had seen";
  }
  return found ? std::nullopt : std::optional(name(write) + " is not in the record it made");
}

bool Truth::forgotten_with_a_removal(std::size_t write) const {
  for (std::size_t removal = 0; removal < writes_.size(); ++removal) {
    if (ends_by_itself(removal) && (removal == write || sight_of(removal).contains(write))) return true;
  }
  return false;
}

std::optional<std::string> Truth::judge_healed(const Record& record, bool collected) const {
  if (std::optional<std::string> wrong = judge_versions(record.versions)) return wrong;
  const Sight seen = seen_in(record.versions);
  WriteSet all = seen.surely;
  all.add(seen.perhaps);
  for (std::size_t lost : acknowledged_.without(all)) {
    if (collected && forgotten_with_a_removal(lost)) continue;
    return "acknowledged " + name(lost) + " is neither there nor replaced by one that saw it";
  }
  return judge_replaced(record.versions, acknowledged_);
}

}  // namespace stator::simulation
