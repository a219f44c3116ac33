#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "kernel/causality/copy.h"
#include "stator/datatype.h"

namespace stator {

/// Of the versions that are neither removed nor have expired at `now_ms`; views into them. `observed` absent: all are.
/// data_loss if one holds no item.
Result<Items> items_of(std::span<const Version> versions, const std::optional<Context>& observed, std::uint64_t now_ms);

/// The operation, to be done to a record's versions; of a large one it reads what the data type asks for. data_loss
/// if what it is told of holds what is no item. The data type outlives the result.
Operate operate(const DataType& datatype, Operation operation);

/// invalid_argument, with the data type's operations and an example, unless it has one of that name.
Status check_operation(const DataType& datatype, const std::string& name);
/// For people: `add, add_all and remove, for example {"op":"add","element":"milk"}`.
std::string operations_of(const DataType& datatype);

}  // namespace stator
