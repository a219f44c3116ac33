#include "kernel/node/restore_batch.h"

#include <algorithm>

#include "kernel/causality/wire.h"

namespace stator {
namespace {

constexpr BytesView kFormat = "stator-restore-1";

}  // namespace

Bytes encode_restore_batch(const RestoreBatch& batch) {
  Bytes out;
  ByteWriter writer(out);
  writer.raw(kFormat);
  writer.counted(batch.backup);
  for (const RestoreBatch::Entry& entry : batch.entries) {
    writer.counted(entry.keyspace);
    writer.counted(entry.key);
    writer.counted(entry.record);
  }
  return out;
}

Result<RestoreBatch> decode_restore_batch(BytesView bytes) {
  ByteReader in(bytes);
  if (in.raw(kFormat.size()) != kFormat)
    return Status(Code::invalid_argument, "no batch of a restore, or one of another version");
  RestoreBatch batch;
  batch.backup = in.counted();
  while (in.ok() && !in.at_end()) {
    if (batch.entries.size() == RestoreBatch::kMaxRecords)
      return Status(Code::invalid_argument,
                    "a batch of a restore has at most " + std::to_string(RestoreBatch::kMaxRecords) + " records");
    RestoreBatch::Entry entry;
    entry.keyspace = in.counted();
    entry.key = in.counted();
    entry.record = in.counted();
    if (entry.key.empty()) in.fail();
    batch.entries.push_back(std::move(entry));
  }
  if (!in.ok()) return Status(Code::invalid_argument, "a batch of a restore that is malformed");
  return batch;
}

bool is_backup_id(std::string_view text) {
  return text.size() >= 16 && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace stator
