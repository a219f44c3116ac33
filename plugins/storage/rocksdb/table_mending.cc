#include "table_mending.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "block_place.h"
#include "statuses.h"

namespace stator::rocks {
namespace {

std::string name_of(const Path& file) { return file.substr(file.rfind('/') + 1); }

Path path_of(const ::rocksdb::LiveFileMetaData& table) { return table.directory + "/" + table.relative_filename; }

std::vector<::rocksdb::LiveFileMetaData> tables_of(::rocksdb::DB& database) {
  std::vector<::rocksdb::LiveFileMetaData> tables;
  database.GetLiveFilesMetaData(&tables);
  return tables;
}

/// Tables that compactions are done with stay where they are for as long as this lives.
class KeptFiles {
 public:
  explicit KeptFiles(::rocksdb::DB& database) : database_(database) { database_.DisableFileDeletions(); }
  ~KeptFiles() { database_.EnableFileDeletions(/*force=*/false); }
  KeptFiles(const KeptFiles&) = delete;
  KeptFiles& operator=(const KeptFiles&) = delete;

 private:
  ::rocksdb::DB& database_;
};

/// In order, and as one where they overlap.
std::vector<KeyRange> joined(std::vector<KeyRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const KeyRange& a, const KeyRange& b) { return a.first < b.first; });
  std::vector<KeyRange> all;
  for (KeyRange& range : ranges) {
    if (all.empty() || all.back().last < range.first) {
      all.push_back(std::move(range));
    } else {
      all.back().last = std::max(all.back().last, range.last);
    }
  }
  return all;
}

}  // namespace

bool TableMending::note(const ::rocksdb::Status& status) {
  const std::optional<BlockPlace> place = place_of(status);
  if (!place) return false;
  std::lock_guard lock(mutex_);
  return !beyond_.contains(*met_.insert(name_of(place->file)).first);
}

bool TableMending::met_damage() const {
  std::lock_guard lock(mutex_);
  return !met_.empty();
}

Result<std::vector<KeyRange>> TableMending::survey(::rocksdb::DB& database, const ::rocksdb::Options& options) {
  const KeptFiles kept(database);
  surveyed_.clear();
  std::set<std::string> met;
  {
    std::lock_guard lock(mutex_);
    met = met_;
  }
  std::vector<KeyRange> ranges;
  std::map<std::string, Status> beyond;
  for (const ::rocksdb::LiveFileMetaData& table : tables_of(database)) {
    const std::string name = name_of(table.relative_filename);
    if (!met.contains(name)) continue;
    Result<TableDamage> damage = survey_table(options, {path_of(table), table.smallestkey, table.largestkey});
    if (damage.status().code() == Code::data_loss) beyond.emplace(name, damage.status());
    if (!damage.is_ok() && damage.status().code() != Code::data_loss) return damage.status();
    if (!damage.is_ok() || damage->empty.empty()) continue;
    ranges.insert(ranges.end(), damage->ranges.begin(), damage->ranges.end());
    surveyed_.emplace(name, std::move(*damage));
  }
  // What is not here any more, or reads well, is no damage.
  std::lock_guard lock(mutex_);
  beyond_.clear();
  for (const auto& [name, why] : beyond) beyond_.insert(name);
  std::erase_if(met_, [&](const std::string& name) {
    return met.contains(name) && !surveyed_.contains(name) && !beyond.contains(name);
  });
  if (ranges.empty() && !beyond.empty()) return beyond.begin()->second;
  return joined(std::move(ranges));
}

// Once the blocks are empty, a key shows what an older table has of it, if anything. So what it shows now is said anew
// of each key in the ranges: the value, where that can be read, perhaps in the cache alone; else that there is none.
Status TableMending::write_anew(::rocksdb::DB& database, const ::rocksdb::Options& options) {
  ::rocksdb::WriteBatch anew;
  const auto say = [&](BytesView key) -> Status {
    const ::rocksdb::Slice name(key.data(), key.size());
    ::rocksdb::PinnableSlice value;
    const ::rocksdb::Status found = database.Get({}, database.DefaultColumnFamily(), name, &value);
    if (found.ok()) return to_status(anew.Put(name, value));
    return to_status(found.IsNotFound() || found.IsCorruption() ? anew.Delete(name) : found);
  };
  const std::vector<::rocksdb::LiveFileMetaData> tables = tables_of(database);
  for (const auto& [damaged, damage] : surveyed_) {
    for (const KeyRange& range : damage.ranges) {
      const std::unique_ptr<::rocksdb::Iterator> at(database.NewIterator({}));
      for (at->Seek(range.first); at->Valid() && at->key().compare(range.last) < 0; at->Next())
        anew.Put(at->key(), at->value());
      for (const ::rocksdb::LiveFileMetaData& table : tables) {
        if (table.largestkey < range.first || range.last <= table.smallestkey) continue;
        const auto own = surveyed_.find(name_of(table.relative_filename));
        const std::vector<Patch> patches = own == surveyed_.end() ? std::vector<Patch>() : own->second.empty;
        if (Status said = visit_keys(options, path_of(table), patches, range, say); !said.is_ok())
          return met_in(path_of(table), said);
      }
    }
  }
  ::rocksdb::WriteOptions durable;
  durable.sync = true;
  return to_status(database.Write(durable, &anew));
}

// Another table that has the same keys may be damaged as well, and nobody has met that yet: then both are looked at.
Status TableMending::met_in(const Path& table, const Status& status) {
  if (status.code() != Code::data_loss) return status;
  std::lock_guard lock(mutex_);
  if (beyond_.contains(*met_.insert(name_of(table)).first)) return status;
  return {Code::unavailable, table + " is damaged too, and is looked at first"};
}

Status TableMending::give_up(::rocksdb::DB& database, const ::rocksdb::Options& options) {
  const KeptFiles kept(database);
  std::map<std::string, Path> live;
  for (const ::rocksdb::LiveFileMetaData& table : tables_of(database)) {
    std::uint64_t links = 1;
    const Path path = path_of(table);
    if (!surveyed_.contains(live.emplace(name_of(path), path).first->first)) continue;
    if (options.env->NumFileLinks(path, &links).ok() && links > 1)
      return {Code::unavailable, path + " is part of a checkpoint too, which is to stay as it is"};
  }
  std::erase_if(surveyed_, [&](const auto& damaged) { return !live.contains(damaged.first); });
  if (Status said = write_anew(database, options); !said.is_ok()) return said;
  for (const auto& [name, damage] : surveyed_) {
    if (Status emptied = apply(*options.env, live.at(name), damage.empty); !emptied.is_ok()) return emptied;
    std::lock_guard lock(mutex_);
    met_.erase(name);
  }
  surveyed_.clear();
  return Status::ok();
}

}  // namespace stator::rocks
