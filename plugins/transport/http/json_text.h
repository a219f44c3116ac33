#pragma once

#include <string>
#include <string_view>

#include "stator/bytes.h"

namespace stator::http {

/// `text` as a JSON string with its quotes, appended to `out`. What is not UTF-8 becomes U+FFFD.
void append_json_string(std::string_view text, Bytes& out);

/// Reads a JSON object whose values are strings or null, which is all that the envelopes of this API hold, or are taken
/// as they stand. One pass over `json`, which must outlive the reader; values without escapes are not copied, because
/// they are up to megabytes of base64.
///
///   FlatObject object(json);
///   while (object.next()) … object.name() … object.text() …
///   if (!object.mistake().empty()) …
class FlatObject {
 public:
  explicit FlatObject(BytesView json);

  /// Goes to the next member; false after the last one, and after a mistake.
  bool next();
  /// The member's name, until next().
  const Bytes& name() const { return name_; }
  bool is_null() const { return kind_ == Kind::null; }
  /// False for a number, array …: the reader cannot go on behind those unless raw() takes them, and next() will say so.
  bool is_string() const { return kind_ == Kind::string; }
  /// The string, unescaped, until next(). Empty for null.
  BytesView text() const { return text_; }
  /// The value as it stands in the JSON, whatever it is; what is within is checked no further than to find its end.
  /// Empty, and a mistake, if it has none.
  BytesView raw();
  /// Why reading ended early, for people; empty if it did not.
  const std::string& mistake() const { return mistake_; }

 private:
  enum class Kind { string, null, other };
  bool fail(std::string why);
  void skip_blanks();
  bool take(char expected);
  bool read_string(Bytes& scratch, BytesView& result);
  bool read_escape(Bytes& to);
  bool read_code_unit(unsigned& unit);
  bool read_value();
  bool skip_value();
  bool finish();

  BytesView rest_;
  bool first_ = true;
  bool done_ = false;
  Kind kind_ = Kind::null;
  Bytes name_;
  Bytes scratch_;
  BytesView text_;
  BytesView value_;  ///< from the value's first byte on
  std::string mistake_;
};

}  // namespace stator::http
