#include "directory.h"

#include <algorithm>
#include <charconv>

#include "segment.h"

namespace stator::memtable {
namespace {

constexpr std::string_view kFormatBegins = "stator memtable ";
constexpr std::string_view kFormat = "stator memtable 2\n";
constexpr std::string_view kOldFormat = "stator memtable 1\n";
constexpr std::size_t kDigits = 12;

std::string numbered(std::uint64_t number, std::string_view suffix) {
  std::string digits = std::to_string(number);
  if (digits.size() < kDigits) digits.insert(0, kDigits - digits.size(), '0');
  return digits.append(suffix);
}

std::optional<std::uint64_t> number_of(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return std::nullopt;
  name.remove_suffix(suffix.size());
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || numbered(number, "") != name) return std::nullopt;
  return number;
}

bool known(std::string_view name) {
  return name == "LOCK" || name == "FORMAT" || name.ends_with(".tmp") || number_of(name, ".wal").has_value() ||
         number_of(name, ".snapshot").has_value();
}

}  // namespace

Path Directory::segment(std::uint64_t sequence) const { return file(numbered(sequence, ".wal")); }
Path Directory::snapshot(std::uint64_t sequence) const { return file(numbered(sequence, ".snapshot")); }

Status Directory::lock() {
  if (Status made = files_.create_directory(path_); !made.is_ok()) return made;
  Result<std::unique_ptr<FileLock>> taken = files_.lock(file("LOCK"));
  if (!taken.is_ok()) {
    if (taken.status().code() != Code::unavailable) return taken.status();
    return Status(Code::unavailable, path_ + " is in use by another process: one process per storage directory");
  }
  lock_ = std::move(*taken);
  return Status::ok();
}

Result<Directory::Format> Directory::format() const {
  Result<std::vector<std::string>> names = files_.list(path_);
  if (!names.is_ok()) return names.status();
  if (std::find(names->begin(), names->end(), "FORMAT") == names->end()) {
    auto stranger = std::find_if_not(names->begin(), names->end(), known);
    if (stranger == names->end()) return Format::none;
    return Status(Code::failed_precondition,
                  path_ + " is not a memtable directory: it holds " + *stranger + " but no FORMAT");
  }
  Result<Bytes> format = read_file(files_, file("FORMAT"));
  if (!format.is_ok()) return format.status();
  if (*format == kFormat) return Format::current;
  if (*format == kOldFormat) return Format::old;
  const bool some_version = format->starts_with(kFormatBegins) && format->size() > kFormatBegins.size() + 1 &&
                            format->find_first_not_of("0123456789", kFormatBegins.size()) == format->size() - 1 &&
                            format->back() == '\n';
  if (!some_version) return damaged(file("FORMAT"), 0, "it names no format");
  return Status(Code::failed_precondition, path_ + "/FORMAT says '" + format->substr(0, format->size() - 1) +
                                               "'; this plugin reads 'stator memtable 1' and '2'");
}

Status Directory::mark_made() const {
  if (Status written = write_file(files_, file("FORMAT.tmp"), kFormat); !written.is_ok()) return written;
  if (Status named = files_.rename(file("FORMAT.tmp"), file("FORMAT")); !named.is_ok()) return named;
  return sync();
}

Result<Directory::Listing> Directory::list() const {
  Result<std::vector<std::string>> names = files_.list(path_);
  if (!names.is_ok()) return names.status();
  Listing listing;
  for (const std::string& name : *names) {
    if (auto segment = number_of(name, ".wal")) listing.segments.push_back(*segment);
    if (auto snapshot = number_of(name, ".snapshot")) listing.snapshots.push_back(*snapshot);
    if (name.ends_with(".tmp")) listing.unfinished.push_back(name);
  }
  std::sort(listing.segments.begin(), listing.segments.end());
  std::sort(listing.snapshots.begin(), listing.snapshots.end());
  return listing;
}

Status write_file(Files& files, const Path& path, BytesView bytes) {
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::create);
  if (!file.is_ok()) return file.status();
  if (Status written = (*file)->write(0, bytes); !written.is_ok()) return written;
  return (*file)->sync();
}

Result<Bytes> read_file(Files& files, const Path& path) {
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::read);
  if (!file.is_ok()) return file.status();
  Result<std::uint64_t> size = (*file)->size();
  if (!size.is_ok()) return size.status();
  return (*file)->read(0, *size);
}

}  // namespace stator::memtable
