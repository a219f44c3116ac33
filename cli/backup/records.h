#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "stator/bytes.h"
#include "stator/status.h"

namespace stator::cli {

/// Finds the records among the entries of one node's storage, which come in the storage's order: data, and hints that
/// are copies of their own. Marks, meta and the cuts of collections are of that node alone. [serial]
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
  /// data_loss if an entry could not be told: of a keyspace without a name, or filed wrongly.
  const Status& status() const { return status_; }

 private:
  void note(BytesView name, BytesView value);
  void record(BytesView key, BytesView value, bool hint);

  const Visit visit_;
  std::map<std::uint16_t, std::string> keyspaces_;
  Status status_;
};

}  // namespace stator::cli
