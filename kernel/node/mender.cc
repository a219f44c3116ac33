#include "kernel/node/mender.h"

#include <algorithm>
#include <utility>

#include "kernel/node/store_meta.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::chrono::seconds kSoon{2};   // as when a checkpoint keeps files as they are
constexpr std::chrono::minutes kLater{1};  // what cannot be given up key by key

}  // namespace

Mender::Mender(Parts parts, const Lives::Stores& stores) : parts_(std::move(parts)) {
  for (const auto& store : stores) patients_.emplace_back(*store);
}

void Mender::run() {
  running_ = true;
  const bool any = std::any_of(patients_.begin(), patients_.end(), [](const Patient& each) { return each.mending; });
  if (any) look();
  for (Patient& patient : patients_) {
    if (!patient.store.found_lost().empty()) resume(patient);
  }
}

// An earlier life may have ended before all was cleared.
void Mender::resume(Patient& patient) {
  patient.busy = true;
  const Parts::Ranges ranges = ranges_of(patient, patient.store.found_lost());
  parts_.withhold(ranges, [this, &patient, ranges] { clear(ranges, [&patient] { patient.busy = false; }); });
}

Mender::Parts::Ranges Mender::ranges_of(const Patient& patient, const std::set<LostCopies>& copies) {
  Parts::Ranges ranges;
  for (const LostCopies& lost : copies) ranges.push_back({patient.store, lost.keyspace, lost.partition});
  return ranges;
}

void Mender::stop() {
  running_ = false;
  parts_.first_loop.cancel(std::exchange(timer_, 0));
}

std::uint64_t Mender::mended(const Store& store) const {
  const auto found =
      std::find_if(patients_.begin(), patients_.end(), [&](const Patient& each) { return &each.store == &store; });
  return found == patients_.end() ? 0 : found->mended.load();
}

template <typename Work, typename Then>
void Mender::in_background(Work work, Then then) {
  if (parts_.background == nullptr) return then(work());
  parts_.background->run([this, work = std::move(work), then = std::move(then)]() mutable {
    parts_.first_loop.post([this, then = std::move(then), outcome = work()]() mutable {
      if (running_) then(outcome);
    });
  });
}

void Mender::look() {
  timer_ = parts_.first_loop.after(kEvery, [this] { look(); });
  for (Patient& patient : patients_) {
    const bool rests = patient.busy || parts_.first_loop.now() < patient.not_before;
    if (rests || patient.mending == nullptr || !patient.mending->met_damage()) continue;
    patient.busy = true;
    in_background([this, &patient] { return survey(patient); },
                  [this, &patient](const Survey& found) { surveyed(patient, found); });
  }
}

Mender::Survey Mender::survey(const Patient& patient) const {
  const Result<std::vector<KeyRange>> ranges = patient.mending->survey();
  if (!ranges.is_ok()) return {ranges.status()};
  Survey found{{}, ranges->size(), loss_of(*ranges, patient.store.keyspaces(), parts_.partitions)};
  if (!found.loss.notes) return found;
  // Of these two the kernel knows no more than what is stored: the one is soon renewed, the other soon removed.
  for (const Bytes& note : {clock_limit_key(), restoring_key()}) {
    const Status read = patient.store.storage().get(note).status();
    if (!read.is_ok()) found.status = Status(Code::unavailable, "a note that will soon be written anew cannot be read");
  }
  return found;
}

void Mender::surveyed(Patient& patient, const Survey& found) {
  if (!found.status.is_ok() || found.ranges == 0) return rest(patient, found.status);
  parts_.tell("storage " + patient.store.name() + " cannot read all that it holds: " + std::to_string(found.ranges) +
              " ranges of keys, in " + std::to_string(found.loss.copies.size()) +
              " partitions, are given up and filled by peers");
  const Parts::Ranges ranges = ranges_of(patient, found.loss.copies);
  parts_.withhold(ranges, [this, &patient, found, ranges] {
    if (STATOR_SEEDED_BUG(lost_copies_vouched_for)) return give_up(patient, found, ranges);
    parts_.lives.lose(patient.store, found.loss, [this, &patient, found, ranges](const Status& noted) {
      if (noted.is_ok()) return give_up(patient, found, ranges);
      parts_.release(ranges);
      rest(patient, noted);
    });
  });
}

void Mender::give_up(Patient& patient, const Survey& found, const Parts::Ranges& ranges) {
  in_background([&patient] { return patient.mending->give_up(); },
                [this, &patient, ranges, count = found.ranges](const Status& outcome) {
                  if (outcome.is_ok()) patient.mended += count;
                  clear(ranges, [this, &patient, outcome] { rest(patient, outcome); });
                });
}

void Mender::clear(const Parts::Ranges& ranges, Task then) {
  parts_.clear(ranges, [this, ranges, then = std::move(then)]() mutable {
    parts_.release(ranges);
    then();
  });
}

// An older value may be in the place of a newer one: what is in doubt is signed under new epochs alone.
void Mender::doubt(const CopyRange& range) {
  if (!running_) return;
  Patient& patient = *std::find_if(patients_.begin(), patients_.end(),
                                   [&](const Patient& each) { return &each.store == &range.store; });
  if (patient.busy) return (void)parts_.first_loop.after(kEvery, [this, range] { doubt(range); });
  patient.busy = true;
  parts_.tell("storage " + patient.store.name() + " does not hold what was written to partition " +
              std::to_string(range.partition) + ", whose copies do not count until they are found equal with peers'");
  parts_.withhold({range}, [this, &patient, range] {
    parts_.lives.lose(patient.store, {{{range.keyspace, range.partition}}},
                      [this, &patient, range](const Status& noted) {
                        if (noted.is_ok()) return clear({range}, [&patient] { patient.busy = false; });
                        parts_.release({range});
                        patient.busy = false;
                        // A later life has to know of it too.
                        parts_.first_loop.after(kLater, [this, range] { doubt(range); });
                      });
  });
}

void Mender::rest(Patient& patient, const Status& outcome) {
  patient.busy = false;
  if (outcome.is_ok()) return patient.told.clear();
  patient.not_before = parts_.first_loop.now() + (outcome.code() == Code::data_loss ? Duration(kLater) : kSoon);
  if (std::exchange(patient.told, outcome.text()) != outcome.text())
    parts_.tell("storage " + patient.store.name() + " keeps what it cannot read: " + outcome.text());
}

}  // namespace stator
