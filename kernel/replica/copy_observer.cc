#include "kernel/replica/copy_observer.h"

#include "kernel/causality/copy.h"
#include "kernel/causality/record_codec.h"
#include "kernel/seeded_bugs.h"

namespace stator {

std::uint64_t copy_digest(BytesView encoded_copy) {
  const BytesView record = record_bytes(encoded_copy);
  if (record.empty()) return 0;
  if (STATOR_SEEDED_BUG(digest_without_values)) {
    const Result<Record> decoded = decode_record(record);
    if (decoded.is_ok()) return record_digest(encode_context(decoded->context));
  }
  return record_digest(record);
}

}  // namespace stator
