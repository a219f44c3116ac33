#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stator/datatype.h"

namespace stator::testing {

/// A data type that is to be tried in random histories of its examples, on copies that join as the kernel joins them.
/// One seed, one series of histories.
struct DataTypeUnderTest {
  /// A new instance, as the plugin's `create` makes it.
  std::function<std::unique_ptr<DataType>()> make;
  std::uint64_t seed = 1;
  int histories = 100;
};

/// One thing every data type must do.
struct DataTypeLaw {
  const char* name;      ///< "ReplacesOnlyWhatIsThere"
  const char* sentence;  ///< for reports: what holds
  /// How the data type broke the law, a line each with the seed, at most five; empty if it keeps it.
  std::vector<std::string> (*violations)(const DataTypeUnderTest& datatype);
};

/// All laws. Lives for ever.
std::span<const DataTypeLaw> datatype_laws();

/// Makes each law a GoogleTest "suite.law". Call it before the tests run:
/// `const bool registered = stator::testing::register_datatype_laws("Notes", {.make = …});`
/// The environment's STATOR_SEED replaces the seed.
bool register_datatype_laws(const std::string& suite, DataTypeUnderTest datatype);

}  // namespace stator::testing
