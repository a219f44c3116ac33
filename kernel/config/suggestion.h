#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stator {

/// Damerau-Levenshtein distance of neighbours: insertions, deletions, changes and swaps of two adjacent letters.
/// Case counts for nothing.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that `typed` was probably meant to be: the nearest one within a third of the length (at least one
/// edit); the first of equals. Empty: none is near.
std::string suggestion(std::string_view typed, const std::vector<std::string>& candidates);

/// "a, b or c" for messages; "none" when there are none.
std::string one_of(const std::vector<std::string>& names);

}  // namespace stator
