#pragma once

#include <cstdint>

#include "kernel/causality/record.h"
#include "stator/bytes.h"
#include "stator/status.h"

namespace stator {

/// Canonical: equal records give equal bytes, and no other bytes decode to them.
void encode_record(const Record& record, Bytes& out);
Bytes encode_record(const Record& record);
/// invalid_argument for any bytes that encode_record does not give.
Result<Record> decode_record(BytesView bytes);

Bytes encode_context(const Context& context);
Result<Context> decode_context(BytesView bytes);

/// One version by itself: a record that holds nothing else.
Bytes encode_version(const Version& version);

/// What replicas compare: XXH3-64 over the canonical encoding; of kRowsFrom versions or more (see head.h) over what a
/// head keeps of them. Never 0, which stands for "no record here".
std::uint64_t record_digest(BytesView encoded_record);
std::uint64_t record_digest(const Record& record);
/// Of a record with so many versions, whose digests have that sum modulo 2^64; `rest` is all of it but them.
std::uint64_t record_digest(const Record& rest, std::uint64_t versions, std::uint64_t sum);
std::uint64_t version_digest(const Version& version);

}  // namespace stator
