#include "stator/testing/damage_tour.h"

#include <vector>

#include "storage_history.h"

namespace stator::testing {
namespace {

/// One directory, damaged in one place after another. [serial]
class Tour {
 public:
  Tour(const StorageUnderTest& storage, const DamageTour& tour)
      : storage_(storage), tour_(tour), path_(storage_path(storage, "store")) {}

  DamageTourReport run() {
    if (!fill()) return report_;
    for (const Path& file : files_) {
      const Bytes pristine = disk_.contents(file);
      for (std::uint64_t at = 0; at < pristine.size() && report_.violation.empty(); at += tour_.every) {
        for (const char mask : {'\x01', '\xff'}) {
          Bytes damaged = pristine;
          damaged[at] = static_cast<char>(damaged[at] ^ mask);
          meet(file, pristine, damaged, "changed at byte " + std::to_string(at));
        }
        meet(file, pristine, pristine.substr(0, at), "cut at byte " + std::to_string(at));
      }
    }
    return report_;
  }

 private:
  bool fill() {
    StorageProcess process(storage_, disk_, storage_.seed);
    Status done = process.open(path_);
    ChangeSource source(storage_.seed);
    for (std::size_t i = 0; i < tour_.batches && done.is_ok(); ++i) {
      Changes changes = source.batch();
      for (Change& change : changes) change.key.insert(0, tour_.keys_begin);
      done = write(*process.storage, changes);
      if (done.is_ok()) perform(changes, acknowledged_);
      process.host.run_all();
    }
    if (!done.is_ok()) report_.violation = "the history fails: " + done.text();
    Result<std::vector<std::string>> names = process.files.list(path_);
    for (const std::string& name : names.is_ok() ? *names : std::vector<std::string>()) {
      if (!disk_.contents(path_ + "/" + name).empty()) files_.push_back(path_ + "/" + name);
    }
    disk_.kill();
    return done.is_ok();
  }

  void meet(const Path& file, const Bytes& pristine, const Bytes& damaged, const std::string& what) {
    if (!report_.violation.empty()) return;
    const std::unique_ptr<ModelledDisk> disk = disk_.copy();
    disk->replace(file, damaged);
    StorageProcess process(storage_, *disk, storage_.seed + 1);
    ++report_.cases;
    const Status opened = process.open(path_);
    const std::string wrong = opened.is_ok() ? judge(*process.storage) : judge(opened, file);
    if (!wrong.empty()) report_.violation = file + " " + what + " of " + std::to_string(pristine.size()) + ": " + wrong;
  }

  std::string judge(Storage& storage) {
    ++report_.mended;
    Result<Contents> found = contents_of(storage);
    return found.is_ok() ? difference(acknowledged_, *found) : found.status().text();
  }

  std::string judge(const Status& refusal, const Path& file) {
    ++report_.refused;
    const bool names_file = refusal.message().find(file) != std::string::npos;
    const bool names_offset = refusal.message().find("offset") != std::string::npos;
    const bool right = names_file && (refusal.code() == Code::failed_precondition ||
                                      (refusal.code() == Code::data_loss && names_offset));
    return right ? "" : "refused, but not by file and offset: " + refusal.text();
  }

  const StorageUnderTest& storage_;
  const DamageTour& tour_;
  const Path path_;
  ModelledDisk disk_;
  std::vector<Path> files_;
  Contents acknowledged_;
  DamageTourReport report_;
};

}  // namespace

DamageTourReport tour_damage(const StorageUnderTest& storage, const DamageTour& tour) {
  return Tour(storage, tour).run();
}

}  // namespace stator::testing
