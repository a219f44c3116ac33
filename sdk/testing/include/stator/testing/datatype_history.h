#pragma once

#include <cstddef>
#include <functional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "stator/datatype.h"
#include "stator/testing/datatype_laws.h"

namespace stator::testing {

/// Of a history, by their places in it.
using Events = std::set<std::size_t>;

/// One update, or the deletion of the key, as it happened in a history.
struct DataTypeEvent {
  Operation operation;  ///< without a name: the key was deleted
  Actor signer;
  Stamp stamp;      ///< greater than those of all events in `here`
  Events here;      ///< what the signing copy had seen before, and all that those had seen
  Events observed;  ///< of these, what the client had seen; all of them if it sent no context
};

/// What a data type means, written down a second time, without items, dots and joins: by the events that a copy has
/// seen and what was seen of each other by these.
struct DataTypeModel {
  /// What a copy shows that has seen these events: the JSON text to the letter; empty if the key is not found.
  std::function<std::string(std::span<const DataTypeEvent> events, const Events& seen)> read;
  /// An operation to try. Empty: one of the examples.
  std::function<Operation(std::mt19937_64& random)> draw = {};
  int updates = 40;  ///< in one history
};

/// Tries random histories: two to four copies, parted and joined again, clients that come with the contexts of any
/// former moment or without, deletions, actors that begin anew. After each event, and when in the end all have seen
/// everything, each copy must show what the model says. An operation that is refused with failed_precondition is no
/// event; no other refusal is expected.
/// How they disagreed, a line each with the seed and the history, at most five; empty if they did not.
std::vector<std::string> disagreements(const DataTypeUnderTest& datatype, const DataTypeModel& model);

/// Makes it the GoogleTest "suite.AgreesWithItsModel". The environment's STATOR_SEED replaces the seed.
bool register_datatype_model(const std::string& suite, DataTypeUnderTest datatype, const DataTypeModel& model);

}  // namespace stator::testing
