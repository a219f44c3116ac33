#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "kernel/causality/copy.h"
#include "stator/datatype.h"

namespace stator {

/// The items of a data type are the versions of its record, each with its dot and stamp, so that the merge of records
/// is the join of items. A version's value is one:
///   item := field:counted value
Bytes encode_item(BytesView field, BytesView value);

/// Of the versions that are neither removed nor have expired at `now_ms`; views into them. `observed` absent: all are.
/// data_loss if one holds no item.
Result<Items> items_of(std::span<const Version> versions, const std::optional<Context>& observed, std::uint64_t now_ms);

/// The operation, to be done to a record's versions. The data type outlives the result.
Operate operate(const DataType& datatype, Operation operation);

/// invalid_argument, with the data type's operations and an example, unless it has one of that name.
Status check_operation(const DataType& datatype, const std::string& name);
/// For people: `add, add_all and remove, for example {"op":"add","element":"milk"}`.
std::string operations_of(const DataType& datatype);

}  // namespace stator
