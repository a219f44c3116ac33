#pragma once

#include <string>

#include "stator/bytes.h"

namespace stator::golden {

/// The text of tests/golden/`name`; empty if there is no such file.
std::string read(const std::string& name);

/// What the file should say and what the code says now. They are equal unless somebody changed a format, and then on
/// purpose: STATOR_REGENERATE_GOLDEN=1 in the environment writes the file anew instead.
struct Comparison {
  std::string expected;
  std::string actual;
};
Comparison compare(const std::string& name, std::string actual);

/// Lower-case hexadecimal, 32 bytes a line, and back.
std::string to_hex(BytesView bytes);
Bytes from_hex(const std::string& text);

}  // namespace stator::golden
