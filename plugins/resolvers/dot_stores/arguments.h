#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "stator/datatype.h"
#include "stator/status.h"

// The arguments of operations, read strictly: whatever is not understood is refused with invalid_argument and a text
// for the client. [any-thread]

namespace stator::dot_stores {

using Json = nlohmann::json;
/// Each once, ascending by their bytes.
using Texts = std::set<std::string>;

/// The one JSON object that the operation's arguments are; its "op" is the operation's name. Refused is, beside what is
/// no JSON, an object with a member twice, an integer beyond 64 bits, and what is nested more than 256 deep.
Result<Json> parse_call(const Operation& operation);

/// Refuses the call unless it has all of `required`, and beside them and "op" none but of `optional`.
Status expect_members(const Json& call, std::initializer_list<const char*> required,
                      std::initializer_list<const char*> optional = {});

/// Refuses what is no text of 1 to 4096 bytes, as elements and names of fields are.
Status expect_name(const char* member, const Json& name);

/// Refuses the call unless its only argument is `fields`, an object whose members have names.
Status expect_fields(const Json& call);

/// The text that is the only argument: exactly the member `one`, a text. `{"op":"add","element":"milk"}`.
Result<Texts> only_text(const Json& call, const char* one);
/// The list of texts that is the only argument.
Result<Texts> only_list(const Json& call, const char* many);
/// Either the one or the other.
Result<Texts> text_or_list(const Json& call, const char* one, const char* many);

/// The refusal of a name that no operation has.
Status unknown_operation(const Json& call);

/// As JSON, whatever bytes it holds.
Bytes json_text(BytesView text);

}  // namespace stator::dot_stores
