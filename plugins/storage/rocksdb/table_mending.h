#pragma once

#include <rocksdb/db.h>

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "stator/mending.h"
#include "table_survey.h"

namespace stator::rocks {

/// Which tables of the database were found damaged, and how what cannot be read in them is given up: the damaged blocks
/// become empty ones, after each key that stood there, and can be read in some other place, was written or removed anew
/// as what it is. The tables, which no compaction could get past, are like any others again. As Mending. [any-thread]
class TableMending {
 public:
  /// Remembers the table, if that is what the status is about: whoever met it. False if it cannot be mended.
  bool note(const ::rocksdb::Status& status);
  bool met_damage() const;

  /// `options` are those of the database.
  Result<std::vector<KeyRange>> survey(::rocksdb::DB& database, const ::rocksdb::Options& options);
  /// The caller keeps other writes away meanwhile.
  Status give_up(::rocksdb::DB& database, const ::rocksdb::Options& options);

 private:
  Status write_anew(::rocksdb::DB& database, const ::rocksdb::Options& options);
  Status met_in(const Path& table, const Status& status);

  mutable std::mutex mutex_;  // of the names of tables
  std::set<std::string> met_;
  std::set<std::string> beyond_;                 // of those, what cannot be mended
  std::map<std::string, TableDamage> surveyed_;  // by the name of the table
};

}  // namespace stator::rocks
