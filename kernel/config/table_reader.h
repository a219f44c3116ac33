#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/config/setting.h"
#include "stator/host.h"

namespace stator {

/// Takes the keys of one table, each by its type, and tells every mistake it meets; `finish` tells the keys nobody
/// asked for. A value that is absent or wrong leaves the default, so that reading goes on to the next mistake. [serial]
/// The table and the problems outlive it.
class TableReader {
 public:
  struct Range {
    std::int64_t least = 0;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::string unit;  ///< shown behind the range: " (n)"
  };

  /// `path` is the table's own dotted key, empty for the document. A setting that is no table is a problem, and then
  /// empty.
  TableReader(const Setting& setting, std::string path, Problems& problems);

  /// What must be there; empty, with a problem, if it is not or is blank.
  std::string required_text(std::string_view key);
  std::string text(std::string_view key, std::string default_value);
  int integer(std::string_view key, int default_value, const Range& range);
  /// From a text such as "25%": 0.01 to 1.
  double percentage(std::string_view key, double default_value);
  bool boolean(std::string_view key, bool default_value);
  Duration duration(std::string_view key, Duration default_value, Duration least = Duration(1));
  std::uint64_t bytes(std::string_view key, std::uint64_t default_value);
  /// The same, but it may be 0, and nothing if absent.
  std::optional<std::uint64_t> bytes_or_none(std::string_view key);
  /// A list of texts; a lone text is a list of one. Empty if absent.
  std::vector<std::string> texts(std::string_view key);
  /// A table whose values are all texts. Empty if absent.
  std::map<std::string, std::string> text_table(std::string_view key);
  /// One word of those given; the place of the one found.
  std::size_t choice(std::string_view key, const std::vector<std::string>& words, std::size_t default_place);
  /// The setting as it stands, counted as asked for; null if absent.
  const Setting* raw(std::string_view key);

  /// Tells of the keys that were not asked for.
  void finish();

  /// "keyspace.default.r"
  std::string key_path(std::string_view key) const;
  /// Of the key's value; of the table if it was not typed.
  Position where(std::string_view key) const;
  /// Tells of a key's value that is wrong for a reason only the caller knows.
  void wrong(std::string_view key, std::string allowed, std::string suggestion = "");

 private:
  /// The text of a setting, or of the override it came from, which needs no quotes.
  static std::optional<std::string> as_text(const Setting& setting);

  const Setting& setting_;
  std::string path_;
  Problems& problems_;
  std::vector<std::string> asked_;
};

}  // namespace stator
