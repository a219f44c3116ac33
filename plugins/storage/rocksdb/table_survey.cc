#include "table_survey.h"

#include <rocksdb/env.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>
#include <rocksdb/table_properties.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "block_place.h"
#include "empty_block.h"
#include "statuses.h"

// What of RocksDB's format is known here, and in empty_block.cc:
//   table  := block* rest footer      blocks of data first; all of them together are `data_size` long
//   footer := checksum_type:octet … version:u32le magic:u64le     53 octets

namespace stator::rocks {
namespace {

constexpr std::size_t kFooterBytes = 53;
constexpr char kXxh3 = 4;
constexpr BytesView kVersionAndMagic("\x05\0\0\0\xf7\xcf\xf4\x85\xb7\x41\xe2\x88", 12);
constexpr std::size_t kTrailerBytes = 5;

BytesView view(const ::rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
::rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }

/// A file as it would be with some patches.
class PatchedFile final : public ::rocksdb::RandomAccessFile {
 public:
  PatchedFile(std::unique_ptr<RandomAccessFile> below, const std::vector<Patch>& patches)
      : below_(std::move(below)), patches_(patches) {}
  ::rocksdb::Status Read(std::uint64_t offset, std::size_t size, ::rocksdb::Slice* result,
                         char* scratch) const override {
    ::rocksdb::Status read = below_->Read(offset, size, result, scratch);
    if (!read.ok()) return read;
    std::copy_n(result->data(), result->size(), scratch);
    *result = {scratch, result->size()};
    for (const Patch& patch : patches_) {
      const std::uint64_t begin = std::max(offset, patch.offset);
      const std::uint64_t end = std::min(offset + result->size(), patch.offset + patch.bytes.size());
      if (begin < end)
        std::copy_n(patch.bytes.data() + (begin - patch.offset), end - begin, scratch + (begin - offset));
    }
    return read;
  }

 private:
  const std::unique_ptr<RandomAccessFile> below_;
  const std::vector<Patch>& patches_;
};

class PatchedEnv final : public ::rocksdb::EnvWrapper {
 public:
  PatchedEnv(Env* below, const std::vector<Patch>& patches) : EnvWrapper(below), patches_(patches) {}
  const char* Name() const override { return "stator.PatchedEnv"; }
  ::rocksdb::Status NewRandomAccessFile(const std::string& name, std::unique_ptr<::rocksdb::RandomAccessFile>* file,
                                        const ::rocksdb::EnvOptions& options) override {
    std::unique_ptr<::rocksdb::RandomAccessFile> below;
    ::rocksdb::Status opened = target()->NewRandomAccessFile(name, &below, options);
    if (opened.ok()) *file = std::make_unique<PatchedFile>(std::move(below), patches_);
    return opened;
  }

 private:
  const std::vector<Patch>& patches_;
};

/// A table as it would be with some patches. Nothing is read from a cache.
class PatchedTable {
 public:
  PatchedTable(const ::rocksdb::Options& options, const std::vector<Patch>& patches)
      : env_(options.env, patches), reader_(options_with(options, env_)) {}

  Status open(const Path& file) { return to_status(reader_.Open(file)); }
  ::rocksdb::SstFileReader& reader() { return reader_; }
  std::unique_ptr<::rocksdb::Iterator> iterator() {
    return std::unique_ptr<::rocksdb::Iterator>(reader_.NewIterator(::rocksdb::ReadOptions()));
  }

 private:
  static ::rocksdb::Options options_with(const ::rocksdb::Options& options, ::rocksdb::Env& env) {
    ::rocksdb::BlockBasedTableOptions table;
    table.no_block_cache = true;
    ::rocksdb::Options patched;
    patched.env = &env;
    patched.info_log = options.info_log;
    patched.table_factory.reset(::rocksdb::NewBlockBasedTableFactory(table));
    return patched;
  }

  PatchedEnv env_;
  ::rocksdb::SstFileReader reader_;
};

Status check_format(const ::rocksdb::Options& options, const Path& file) {
  std::uint64_t size = 0;
  ::rocksdb::Status read = options.env->GetFileSize(file, &size);
  std::unique_ptr<::rocksdb::RandomAccessFile> table;
  if (read.ok()) read = options.env->NewRandomAccessFile(file, &table, ::rocksdb::EnvOptions());
  char scratch[kFooterBytes];
  ::rocksdb::Slice footer;
  if (read.ok() && size >= kFooterBytes) read = table->Read(size - kFooterBytes, kFooterBytes, &footer, scratch);
  if (!read.ok()) return to_status(read);
  if (footer.size() == kFooterBytes && footer[0] == kXxh3 && view(footer).ends_with(kVersionAndMagic))
    return Status::ok();
  return {Code::data_loss, file + " is damaged, and not of the format that is written now"};
}

/// One survey of a table.
class Survey {
 public:
  Survey(const ::rocksdb::Options& options, const TableExtent& extent)
      : options_(options), extent_(extent), table_(options, found_.empty) {}

  Result<TableDamage> run() {
    if (Status known = check_format(options_, extent_.file); !known.is_ok()) return known;
    if (Status opened = table_.open(extent_.file); !opened.is_ok()) return opened;
    properties_ = table_.reader().GetTableProperties();
    std::optional<Bytes> last;  // the last key that was read
    bool in_gap = false;
    for (;;) {
      const std::unique_ptr<::rocksdb::Iterator> at = table_.iterator();
      last ? at->Seek(slice(*last + '\0')) : at->SeekToFirst();
      if (in_gap && at->Valid()) end_gap(Bytes(view(at->key())));
      in_gap = in_gap && !at->Valid();
      for (; at->Valid(); at->Next()) last = Bytes(view(at->key()));
      if (at->status().ok()) break;
      if (Status noted = note(at->status()); !noted.is_ok()) return noted;
      if (!in_gap) found_.ranges.push_back({last ? *last + '\0' : extent_.first, {}});
      in_gap = true;
    }
    if (in_gap) end_gap(extent_.last + '\0');
    return std::move(found_);
  }

 private:
  void end_gap(Bytes key) { found_.ranges.back().last = std::move(key); }

  // From here on the block reads as an empty one.
  Status note(const ::rocksdb::Status& damage) {
    const std::optional<BlockPlace> place = place_of(damage);
    const bool of_data =
        place && place->file == extent_.file && place->offset + place->bytes + kTrailerBytes <= properties_->data_size;
    const bool again = of_data && std::any_of(found_.empty.begin(), found_.empty.end(),
                                              [&](const Patch& known) { return known.offset == place->offset; });
    if (!of_data || again) return to_status(damage);
    std::optional<Bytes> empty = empty_block(place->bytes, properties_->compression_name != "NoCompression");
    if (!empty) return to_status(damage);
    found_.empty.push_back({place->offset, std::move(*empty)});
    return Status::ok();
  }

  const ::rocksdb::Options& options_;
  const TableExtent& extent_;
  TableDamage found_;
  PatchedTable table_;
  std::shared_ptr<const ::rocksdb::TableProperties> properties_;  ///< shared: as RocksDB gives it
};

}  // namespace

Result<TableDamage> survey_table(const ::rocksdb::Options& options, const TableExtent& table) {
  return Survey(options, table).run();
}

Status visit_keys(const ::rocksdb::Options& options, const Path& file, const std::vector<Patch>& patches,
                  const KeyRange& range, const std::function<Status(BytesView key)>& visit) {
  PatchedTable table(options, patches);
  if (Status opened = table.open(file); !opened.is_ok()) return opened;
  const std::unique_ptr<::rocksdb::Iterator> at = table.iterator();
  for (at->Seek(slice(range.first)); at->Valid() && view(at->key()) < range.last; at->Next()) {
    if (Status visited = visit(view(at->key())); !visited.is_ok()) return visited;
  }
  return to_status(at->status());
}

Status apply(::rocksdb::Env& env, const Path& file, const std::vector<Patch>& patches) {
  std::unique_ptr<::rocksdb::RandomRWFile> opened;
  ::rocksdb::Status done = env.NewRandomRWFile(file, &opened, ::rocksdb::EnvOptions());
  for (const Patch& patch : patches) {
    if (done.ok()) done = opened->Write(patch.offset, patch.bytes);
  }
  if (done.ok()) done = opened->Fsync();
  if (done.ok()) done = opened->Close();
  return to_status(done);
}

}  // namespace stator::rocks
