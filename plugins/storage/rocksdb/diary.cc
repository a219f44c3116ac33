#include "diary.h"

#include <array>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <ctime>

namespace stator::rocks {
namespace {

constexpr std::size_t kLargest = 4 << 20;
constexpr std::size_t kLongestLine = 4096;

/// 2026/11/25-08:24:58.315493, as RocksDB writes it, and in UTC.
std::string time_text(std::uint64_t micros) {
  const auto seconds = static_cast<std::time_t>(micros / 1'000'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y/%m/%d-%H:%M:%S", &parts);
  const std::string fraction = std::to_string(1'000'000 + micros % 1'000'000);
  return std::string(text.data(), size) + "." + fraction.substr(1);
}

}  // namespace

Diary::Diary(::rocksdb::Env& env, const Path& directory) : env_(env), path_(directory + "/LOG") {
  std::lock_guard lock(mutex_);
  begin_file();
}

void Diary::begin_file() {
  file_.reset();
  bytes_ = 0;
  env_.RenameFile(path_, path_ + ".old").PermitUncheckedError();  // the first has none
  if (!env_.NewWritableFile(path_, &file_, ::rocksdb::EnvOptions()).ok()) file_.reset();
}

void Diary::Logv(const char* format, va_list arguments) {
  std::array<char, kLongestLine> text{};
  const int wanted = std::vsnprintf(text.data(), text.size(), format, arguments);
  if (wanted < 0) return;
  std::string line = time_text(env_.NowMicros()) + " " + text.data();
  if (!line.ends_with('\n')) line += '\n';
  std::lock_guard lock(mutex_);
  if (bytes_ > kLargest) begin_file();
  if (file_ == nullptr) return;
  bytes_ += line.size();
  file_->Append(line).PermitUncheckedError();
}

}  // namespace stator::rocks
