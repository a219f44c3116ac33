#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "stator/host.h"

namespace stator {

/// One node's log: lines on stderr, JSON or text. [any-thread]
class Log {
 public:
  enum class Format { json, text };
  struct Field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t> value;
  };

  Log(std::string node, Format format, LogLevel level);
  ~Log();

  bool enabled(LogLevel level) const;
  /// May change while running.
  void set_level(LogLevel level);
  /// `fields` beside ts, level, msg and node. Never throws, never fails: a log that cannot be written is lost.
  void write(LogLevel level, std::string_view message, std::initializer_list<Field> fields = {});
  /// Waits until all is written. [blocking]
  void flush();

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace stator
