#pragma once

#include <cstdint>

#include "kernel/causality/record.h"
#include "kernel/coordinator/context_token.h"
#include "kernel/coordinator/keyspace.h"
#include "stator/requests.h"

namespace stator {

/// What a client is shown of a record: expired versions as tombstones, repeated op ids once, the resolver's answer. A
/// resolver that fails does not hide data: the newest version is shown then, `resolvedBy` "fault". Of a data type what
/// it shows of its items; no single item is the value, so the read fails if that does. Pure but for the plugin.
Result<GetResult> view_record(const Record* record, const Keyspace& keyspace, BytesView key, std::uint64_t now_ms);

}  // namespace stator
