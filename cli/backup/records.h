#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "kernel/causality/head.h"
#include "kernel/replica/rows.h"
#include "stator/bytes.h"
#include "stator/status.h"

namespace stator::cli {

/// Finds the records among the entries of one node's storage, which come in the storage's order: data, and hints that
/// are copies of their own; last those that are stored as a head and rows. Marks, meta and the cuts of collections are
/// of that node alone. Keeps the heads, and one record with its rows, in memory. [serial]
class RecordReader {
 public:
  struct Found {
    std::string keyspace;
    BytesView key;
    BytesView record;  ///< encoded, without a mark
    bool hint = false;
  };
  using Visit = std::function<void(const Found&)>;

  explicit RecordReader(Visit visit) : visit_(std::move(visit)) {}
  void entry(BytesView key, BytesView value);
  /// When all entries have come: data_loss if one could not be told, of a keyspace without a name or filed wrongly, or
  /// if a head and its rows do not fit together.
  Status status() const;

 private:
  void note(BytesView name, BytesView value);
  void record(BytesView key, BytesView value, bool hint);
  void head(BytesView key, BytesView value);
  void row(BytesView key, BytesView value);
  void take_whole(const RowKey& at, Head head);

  const Visit visit_;
  std::map<std::uint16_t, std::string> keyspaces_;
  std::map<Bytes, Head> heads_;  // by where their rows lie; with those that have come
  Status status_;
};

}  // namespace stator::cli
