#include "kernel/node/file_scrub.h"

#include <algorithm>
#include <utility>

namespace stator {
namespace {

constexpr std::chrono::milliseconds kRest{5};
constexpr std::chrono::minutes kAfterAnError{1};

}  // namespace

FileScrub::FileScrub(Parts parts, const std::vector<Disk>& disks, const Options& options)
    : parts_(std::move(parts)), options_(options) {
  for (const Disk& disk : disks) readings_.emplace_back(disk, options.bytes_per_second);
}

void FileScrub::begin() {
  if (options_.period <= Duration(0)) return;
  running_ = true;
  for (Reading& reading : readings_) {
    reading.pass_begun = parts_.first_loop.now();
    reading.timer = parts_.first_loop.after(kRest, [this, &reading] { read_piece(reading); });
  }
}

void FileScrub::end() {
  running_ = false;
  for (Reading& reading : readings_) parts_.first_loop.cancel(std::exchange(reading.timer, 0));
}

void FileScrub::read_piece(Reading& reading) {
  reading.timer = 0;
  if (parts_.background == nullptr) return took_piece(reading, reading.disk.scrubbing.scrub_piece());
  parts_.background->run([this, &reading] {
    parts_.first_loop.post([this, &reading, piece = reading.disk.scrubbing.scrub_piece()] {
      if (running_) took_piece(reading, piece);
    });
  });
}

void FileScrub::took_piece(Reading& reading, const Result<Scrubbing::Piece>& piece) {
  const TimePoint now = parts_.first_loop.now();
  Duration rest = kRest;
  if (piece.is_ok()) {
    parts_.counters.file_bytes += piece->bytes;
    parts_.counters.damage += piece->damage;
    reading.budget.spend(piece->bytes, now);
    rest = std::max(rest, reading.budget.wait(now));
    reading.told.clear();
  } else {
    rest = kAfterAnError;
    if (std::exchange(reading.told, piece.status().text()) != piece.status().text())
      parts_.tell("storage " + reading.disk.storage + " cannot be read again: " + piece.status().text());
  }
  if (piece.is_ok() && piece->last) {
    ++parts_.counters.passes;
    rest = std::max(rest, reading.pass_begun + options_.period - now);
    reading.pass_begun = now + rest;
  }
  reading.timer = parts_.first_loop.after(rest, [this, &reading] { read_piece(reading); });
}

}  // namespace stator
