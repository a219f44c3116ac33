#include "torn_log.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <isa-l/crc.h>

#include "length_notes.h"
#include "statuses.h"

// Grammar of a log of RocksDB, numbers little-endian (db/log_format.h there):
//
//   log      = block*                                       ; of 32768 bytes, the last one shorter
//   block    = fragment* zero{..6}                          ; where no header has room any more
//   fragment = checksum:u32 size:u16 type:u8 payload{size}
//   record   = full | first middle* last                    ; types 1 | 2 3* 4
//
// checksum = masked CRC32C of type and payload.

namespace stator::rocks {
namespace {

constexpr std::uint64_t kBlock = 32768;
constexpr std::uint64_t kHeader = 7;
constexpr std::uint64_t kSector = 512;

enum FragmentType : unsigned char { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

struct Fragment {
  unsigned char type = 0;
  std::uint64_t end = 0;

  bool begins_record() const { return type == kFull || type == kFirst; }
  bool ends_record() const { return type == kFull || type == kLast; }
};

std::uint32_t masked_checksum(BytesView bytes) {
  // The library's signature lacks a const.
  auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  const std::uint32_t crc = ~crc32_iscsi(data, static_cast<int>(bytes.size()), 0xffffffffU);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

std::uint32_t byte_at(BytesView bytes, std::uint64_t at) { return static_cast<unsigned char>(bytes[at]); }

std::uint64_t size_at(BytesView log, std::uint64_t at) { return byte_at(log, at + 4) + (byte_at(log, at + 5) << 8); }

std::uint32_t checksum_at(BytesView log, std::uint64_t at) {
  std::uint32_t checksum = 0;
  for (std::uint64_t i = 4; i-- > 0;) checksum = checksum << 8 | byte_at(log, at + i);
  return checksum;
}

/// Only if it is valid.
std::optional<Fragment> fragment_at(BytesView log, std::uint64_t at) {
  const std::uint64_t limit = std::min<std::uint64_t>(log.size(), at - at % kBlock + kBlock);
  if (at + kHeader > limit) return std::nullopt;
  const Fragment fragment{static_cast<unsigned char>(log[at + 6]), at + kHeader + size_at(log, at)};
  if (fragment.type < kFull || fragment.type > kLast || fragment.end > limit) return std::nullopt;
  if (masked_checksum(log.substr(at + 6, fragment.end - at - 6)) != checksum_at(log, at)) return std::nullopt;
  return fragment;
}

bool any_record_begins(BytesView log, std::uint64_t from) {
  for (std::uint64_t at = from; at + kHeader <= log.size(); ++at) {
    const std::optional<Fragment> fragment = fragment_at(log, at);
    if (fragment && fragment->begins_record()) return true;
  }
  return false;
}

bool any_sector_of_zeros(BytesView log, std::uint64_t from) {
  for (std::uint64_t at = from; at < log.size(); at = at - at % kSector + kSector) {
    const BytesView sector = log.substr(at, kSector - at % kSector);
    if (std::all_of(sector.begin(), sector.end(), [](char byte) { return byte == '\0'; })) return true;
  }
  return false;
}

/// The first place at which no valid fragment is where one should be, and where the record begins that it belongs to.
struct Break {
  std::uint64_t at = 0;
  std::uint64_t record = 0;
};

std::optional<Break> first_break(BytesView log) {
  std::uint64_t at = 0;
  std::uint64_t record = 0;
  bool inside = false;
  for (;;) {
    if (kBlock - at % kBlock < kHeader) at += kBlock - at % kBlock;
    if (at >= log.size()) return std::nullopt;
    const std::optional<Fragment> fragment = fragment_at(log, at);
    if (!inside) record = at;
    if (!fragment || fragment->begins_record() == inside) return Break{at, record};
    inside = !fragment->ends_record();
    at = fragment->end;
  }
}

/// Whether the fragment there may be one of which only the beginning was ever written.
bool is_cut_short(BytesView log, std::uint64_t at) {
  if (at + kHeader > log.size()) return true;
  const std::uint64_t end = at + kHeader + size_at(log, at);
  const std::uint64_t limit = at - at % kBlock + kBlock;
  return end > log.size() && end <= limit && masked_checksum(log.substr(at + 6)) != checksum_at(log, at);
}

/// The names of all logs, the newest last.
Result<std::vector<std::string>> logs(::rocksdb::Env& env, const Path& directory) {
  std::vector<std::string> names;
  if (Status listed = to_status(env.GetChildren(directory, &names)); !listed.is_ok()) return listed;
  std::vector<std::pair<std::uint64_t, std::string>> numbered;
  for (const std::string& name : names) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && std::string_view(end) == ".log") numbered.emplace_back(number, name);
  }
  std::sort(numbered.begin(), numbered.end());
  names.clear();
  for (const auto& [number, name] : numbered) names.push_back(name);
  return names;
}

/// The name of the manifest that counts; empty if there is none.
Result<std::string> manifest(::rocksdb::Env& env, const Path& directory) {
  std::string name;
  const ::rocksdb::Status read = ::rocksdb::ReadFileToString(&env, directory + "/CURRENT", &name);
  if (read.IsNotFound() || read.IsPathNotFound()) return std::string();
  if (!read.ok()) return to_status(read);
  // What else it may hold is RocksDB's to refuse.
  const bool known = name.starts_with("MANIFEST-") && name.ends_with('\n') && name.find('/') == std::string::npos;
  return known ? name.substr(0, name.size() - 1) : std::string();
}

/// Absent if there is no such file.
Result<std::optional<Bytes>> read(::rocksdb::Env& env, const Path& path) {
  Bytes bytes;
  const ::rocksdb::Status read = ::rocksdb::ReadFileToString(&env, path, &bytes);
  if (read.IsNotFound() || read.IsPathNotFound()) return std::optional<Bytes>();
  if (!read.ok()) return to_status(read);
  return std::optional<Bytes>(std::move(bytes));
}

Status examine_log(::rocksdb::Env& env, const Path& path, std::uint64_t synced, LogFindings& findings) {
  const Result<std::optional<Bytes>> log = read(env, path);
  if (!log.is_ok()) return log.status();
  if (!*log) {
    const bool counts = path.find("/MANIFEST-") != Path::npos;
    if (synced > 0 || counts)
      findings.damaged.push_back({path, 0, synced, counts ? "it is missing, and CURRENT names it" : "it is missing"});
    return Status::ok();
  }
  const std::uint64_t size = (*log)->size();
  const std::optional<std::uint64_t> at = damaged_record(**log, synced);
  if (!at) return Status::ok();
  findings.damaged.push_back({path, *at, std::max(size, synced) - *at,
                              size < synced ? "it is " + std::to_string(size) + " bytes long, and was " +
                                                  std::to_string(synced) + " or more when it was last noted"
                                            : "a record is not valid, and was whole once"});
  return Status::ok();
}

Status cut(::rocksdb::Env& env, const Path& path, std::uint64_t size) {
  std::unique_ptr<::rocksdb::WritableFile> file;
  ::rocksdb::Status done = env.ReopenWritableFile(path, &file, ::rocksdb::EnvOptions());
  if (done.ok()) done = file->Truncate(size);
  if (done.ok()) done = file->Fsync();
  if (done.ok()) done = file->Close();
  return to_status(done);
}

Status cut_torn_record(::rocksdb::Env& env, const Path& path, Host& host) {
  const Result<std::optional<Bytes>> log = read(env, path);
  if (!log.is_ok()) return log.status();
  const std::optional<std::uint64_t> torn = *log ? torn_record(**log) : std::nullopt;
  if (!torn) return Status::ok();
  host.log(LogLevel::warning, path + " ends with " + std::to_string((*log)->size() - *torn) + " bytes at offset " +
                                  std::to_string(*torn) + " that were never acknowledged; they were cut");
  return cut(env, path, *torn);
}

}  // namespace

std::optional<std::uint64_t> torn_record(BytesView log) {
  const std::optional<Break> found = first_break(log);
  if (!found || any_record_begins(log, found->at) || !any_sector_of_zeros(log, found->at)) return std::nullopt;
  return found->record;
}

std::optional<std::uint64_t> damaged_record(BytesView log, std::uint64_t synced) {
  const std::optional<Break> found = first_break(log);
  if (!found) return log.size() < synced ? std::optional(log.size()) : std::nullopt;
  const bool torn = any_sector_of_zeros(log, found->at) || is_cut_short(log, found->at);
  if (found->at >= synced && torn && !any_record_begins(log, found->at)) return std::nullopt;
  return found->at;
}

Result<LogFindings> examine_logs(::rocksdb::Env& env, const Path& directory) {
  const Result<std::vector<std::string>> all = logs(env, directory);
  if (!all.is_ok()) return all.status();
  const Result<std::string> counts = manifest(env, directory);
  if (!counts.is_ok()) return counts.status();
  LogFindings findings;
  Result<Lengths> noted = noted_lengths(env, directory);
  if (noted.status().code() == Code::data_loss) {
    findings.remarks.push_back(noted.status().message() + "; how long the manifest and the logs were is not known");
    noted = Lengths();
  }
  if (!noted.is_ok()) return noted.status();
  // Else a plugin that knew nothing of notes has had the database since.
  Lengths lengths = noted->contains(*counts) ? std::move(*noted) : Lengths();
  std::erase_if(lengths, [&](const auto& file) { return !file.first.ends_with(".log") && file.first != *counts; });
  for (const std::string& name : *all) lengths.try_emplace(name, 0);
  if (!counts->empty()) lengths.try_emplace(*counts, 0);
  for (const auto& [name, synced] : lengths) {
    if (Status looked = examine_log(env, directory + "/" + name, synced, findings); !looked.is_ok()) return looked;
  }
  return findings;
}

Status cut_torn_records(::rocksdb::Env& env, const Path& directory, Host& host) {
  const Result<std::vector<std::string>> all = logs(env, directory);
  if (!all.is_ok()) return all.status();
  const Result<std::string> counts = manifest(env, directory);
  if (!counts.is_ok()) return counts.status();
  for (const std::string& name : {*counts, all->empty() ? std::string() : all->back()}) {
    if (name.empty()) continue;
    if (Status cut = cut_torn_record(env, directory + "/" + name, host); !cut.is_ok()) return cut;
  }
  return Status::ok();
}

}  // namespace stator::rocks
