#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "stator/config.h"
#include "stator/datatype.h"
#include "stator/plugin.h"

// For the tests of the data types, each of which is linked with one plugin.

namespace stator::dot_stores {

/// A data type as its plugin makes it; null, with the reason in `why`, if it does not.
std::unique_ptr<DataType> made_by(const stator_plugin_descriptor& plugin, const Config& config, Status& why);
std::unique_ptr<DataType> made_by(const stator_plugin_descriptor& plugin, const Config& config = {});

/// A handful of items that a test puts there by hand and changes by operations, all as one node.
class Workbench {
 public:
  explicit Workbench(const DataType& datatype) : datatype_(datatype) {}

  /// Somebody else's item, `node`'s next, which the client has seen or not.
  void put(const std::string& node, Bytes field, Bytes value, bool observed = true, Stamp stamp = {});
  /// `arguments` name the operation; signed by "self". What it replaces goes and what it adds is there. It is given
  /// what it asks for.
  Status ask(const std::string& arguments);
  /// As ask; what must be refused, with its text.
  std::string refusal(Code code, const std::string& arguments);
  /// How many items the last operation was given.
  std::size_t given() const { return given_; }
  /// What is shown; empty if there is nothing.
  std::string shown() const;
  /// All that is there: "field=value", a space between them.
  std::string stored() const;

 private:
  struct Stored {
    Dot dot;
    Stamp stamp;
    Bytes field;
    Bytes value;
    bool observed;
  };
  Items items() const;

  const DataType& datatype_;
  std::vector<Stored> stored_;
  std::uint64_t counter_ = 0;
  std::size_t given_ = 0;
};

}  // namespace stator::dot_stores
