#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/version.h"

struct lua_State;

namespace stator::lua {

/// What one call may take.
struct Limits {
  std::int64_t instructions = 1'000'000;
  std::uint64_t memory_bytes = 64 << 20;
};

/// What a script said.
struct Answer {
  std::optional<std::size_t> winner;  ///< index into the versions it was given
  bool tombstone = false;
  Bytes value;
  std::optional<std::string> content_type;
};

/// A text of Lua that defines `resolve`. Each call has a state of its own, in which the whole text is run first: so
/// nothing is left of a call for the next one, and calls may be made at the same time. [concurrent]
class Script {
 public:
  /// `name` stands before the line in messages. The text is looked at by `check`.
  Script(std::string name, Bytes text, Limits limits)
      : name_("@" + std::move(name)), text_(std::move(text)), limits_(limits) {}

  /// invalid_argument if it is no Lua, fails when it is run, or leaves no function `resolve`.
  Status check() const;
  /// What `resolve(key, siblings)` answers. internal if it fails, exceeds a limit or answers something else.
  Result<Answer> resolve(BytesView key, std::span<const Version* const> siblings) const;

 private:
  struct Call;
  static int run(lua_State* state);
  Result<Answer> made(Call& call) const;

  const std::string name_;
  const Bytes text_;
  const Limits limits_;
};

}  // namespace stator::lua
