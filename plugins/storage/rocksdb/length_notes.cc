#include "length_notes.h"

#include <xxhash.h>

#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "directory.h"
#include "statuses.h"

// Grammar of a note, the file LENGTHS beside the files that it is about:
//
//   note = (name " " bytes "\n")* "checksum " hash "\n"     ; names in bytewise order, numbers decimal
//
// hash = XXH3-64 of all that stands before "checksum". A note is replaced as a whole, by LENGTHS.dbtmp.

namespace stator::rocks {
namespace {

constexpr std::string_view kNote = "/LENGTHS";
constexpr std::string_view kChecksum = "checksum ";

bool is_manifest(std::string_view name) { return name.starts_with("MANIFEST-"); }
bool is_log(std::string_view name) {
  return name.ends_with(".log") && name.find_first_not_of("0123456789") == name.size() - 4;
}

std::pair<Path, std::string> split(const Path& file) {
  const std::size_t slash = file.rfind('/');
  return {file.substr(0, slash), file.substr(slash + 1)};
}

Bytes with_checksum(Bytes lines) {
  const std::string hash = std::to_string(XXH3_64bits(lines.data(), lines.size()));
  return lines.append(kChecksum) + hash + "\n";
}

Bytes text_of(const Lengths& lengths) {
  Bytes lines;
  for (const auto& [name, bytes] : lengths) lines += name + " " + std::to_string(bytes) + "\n";
  return with_checksum(lines);
}

Lengths lengths_in(const Bytes& lines) {
  Lengths lengths;
  std::istringstream in(lines);
  std::string name;
  for (std::uint64_t bytes = 0; in >> name >> bytes;) lengths[name] = bytes;
  return lengths;
}

Status write(::rocksdb::Env& env, const Path& directory, const Lengths& lengths) {
  const Path note = directory + std::string(kNote);
  ::rocksdb::Status written = ::rocksdb::WriteStringToFile(&env, text_of(lengths), note + ".dbtmp", true);
  if (written.ok()) written = env.RenameFile(note + ".dbtmp", note);
  return written.ok() ? sync_directory(env, directory) : to_status(written);
}

/// A manifest of which it is noted how much is synced.
class NotedManifest final : public ::rocksdb::WritableFileWrapper {
 public:
  NotedManifest(std::unique_ptr<::rocksdb::WritableFile> file, Path path, LengthNotes& notes)
      : WritableFileWrapper(file.get()), file_(std::move(file)), path_(std::move(path)), notes_(notes) {}
  ::rocksdb::Status Sync() override { return noted(file_->Sync()); }
  ::rocksdb::Status Fsync() override { return noted(file_->Fsync()); }

 private:
  ::rocksdb::Status noted(::rocksdb::Status synced) {
    if (synced.ok()) notes_.note(path_, file_->GetFileSize());
    return synced;
  }

  const std::unique_ptr<::rocksdb::WritableFile> file_;
  const Path path_;
  LengthNotes& notes_;
};

}  // namespace

Result<Lengths> noted_lengths(::rocksdb::Env& env, const Path& directory) {
  const Path note = directory + std::string(kNote);
  Bytes text;
  const ::rocksdb::Status read = ::rocksdb::ReadFileToString(&env, note, &text);
  if (read.IsNotFound() || read.IsPathNotFound()) return Lengths();
  if (!read.ok()) return to_status(read);
  const std::size_t lines = text.rfind(kChecksum);
  if (lines == Bytes::npos || text != with_checksum(text.substr(0, lines)))
    return Status(Code::data_loss, note + " is damaged: its checksum is wrong");
  return lengths_in(text.substr(0, lines));
}

::rocksdb::Status LengthNotes::NewWritableFile(const std::string& path, std::unique_ptr<::rocksdb::WritableFile>* file,
                                               const ::rocksdb::EnvOptions& options) {
  if (!is_manifest(split(path).second)) return target()->NewWritableFile(path, file, options);
  std::lock_guard lock(mutex_);
  if (Status forgotten = forget(path); !forgotten.is_ok()) return ::rocksdb::Status::IOError(forgotten.message());
  std::unique_ptr<::rocksdb::WritableFile> made;
  ::rocksdb::Status status = target()->NewWritableFile(path, &made, options);
  if (status.ok()) *file = std::make_unique<NotedManifest>(std::move(made), path, *this);
  return status;
}

::rocksdb::Status LengthNotes::DeleteFile(const std::string& path) {
  const std::string name = split(path).second;
  if (!is_manifest(name) && !is_log(name)) return target()->DeleteFile(path);
  std::lock_guard lock(mutex_);
  if (Status forgotten = forget(path); !forgotten.is_ok()) return ::rocksdb::Status::IOError(forgotten.message());
  return target()->DeleteFile(path);
}

void LengthNotes::note(const Path& file, std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  const auto [directory, name] = split(file);
  add(directory, {{name, bytes}});
}

void LengthNotes::note_logs(const Path& directory) {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  Lengths lengths;
  target()->GetChildren(directory, &names).PermitUncheckedError();
  for (const std::string& name : names) {
    std::uint64_t bytes = 0;
    if (is_log(name) && target()->GetFileSize(directory + "/" + name, &bytes).ok()) lengths[name] = bytes;
  }
  add(directory, std::move(lengths));
}

void LengthNotes::add(const Path& directory, Lengths lengths) {
  Result<Lengths> known = noted_lengths(*target(), directory);
  if (known.status().code() == Code::data_loss) known = Lengths();
  Status written = known.status();
  if (written.is_ok()) {
    lengths.merge(*known);
    written = write(*target(), directory, lengths);
  }
  if (!written.is_ok())
    host_.log(LogLevel::warning, directory + ": how long its files are was not noted: " + written.text());
}

Status LengthNotes::forget(const Path& file) {
  const auto [directory, name] = split(file);
  Result<Lengths> known = noted_lengths(*target(), directory);
  if (known.status().code() == Code::data_loss) return Status::ok();
  if (!known.is_ok()) return known.status();
  return known->erase(name) == 0 ? Status::ok() : write(*target(), directory, *known);
}

}  // namespace stator::rocks
