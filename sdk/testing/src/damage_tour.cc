#include "stator/testing/damage_tour.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "stator/salvage.h"
#include "storage_history.h"

namespace stator::testing {
namespace {

/// One process that examines a directory, if its storage offers that.
class Examining final : public SalvageOffers {
 public:
  Examining(const StorageUnderTest& storage, ModelledDisk& disk) : files_(disk), host_(files_, {.seed = 1}) {
    host_.offer(kExtensionId, static_cast<SalvageOffers*>(this));
    storage_ = storage.make(host_);
  }
  void offer(Salvage& salvage) override { salvage_ = &salvage; }
  bool offered() const { return salvage_ != nullptr; }

  Status run(const Path& path) {
    Result<StorageFindings> findings = salvage_->examine(path, [this](BytesView key, BytesView value) {
      in_order_ &= visited.empty() || visited.rbegin()->first < key;
      visited.emplace(key, value);
      return true;
    });
    if (!findings.is_ok()) return findings.status();
    faults = std::move(findings->faults);
    return in_order_ ? Status::ok() : Status(Code::internal, "keys were not visited in ascending order");
  }

  std::vector<StorageFault> faults;
  Contents visited;

 private:
  ModelledFiles files_;
  FakeHost host_;
  std::unique_ptr<Storage> storage_;
  Salvage* salvage_ = nullptr;
  bool in_order_ = true;
};

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
      for (const Change& change : changes) {
        if (change.value) written_.emplace(change.key, *change.value);
      }
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
    std::optional<Examining> examined;
    if (report_.cases % tour_.examine_every == 0) examined.emplace(storage_, *disk);
    if (examined && !examined->offered()) examined.reset();
    std::string wrong = examined ? examine(*examined, *disk, file) : "";
    StorageProcess process(storage_, *disk, storage_.seed + 1);
    ++report_.cases;
    const Status opened = process.open(path_);
    if (wrong.empty()) wrong = opened.is_ok() ? judge(*process.storage) : judge(opened, file);
    if (examined && wrong.empty() && opened.code() != Code::failed_precondition) wrong = judge(*examined, opened);
    if (!wrong.empty()) report_.violation = file + " " + what + " of " + std::to_string(pristine.size()) + ": " + wrong;
  }

  std::vector<Bytes> all_files(ModelledDisk& disk) const {
    std::vector<Bytes> all;
    Result<std::vector<std::string>> names = ModelledFiles(disk).list(path_);
    for (const std::string& name : names.is_ok() ? *names : std::vector<std::string>()) {
      all.push_back(name);
      all.push_back(disk.contents(path_ + "/" + name));
    }
    return all;
  }

  /// What is wrong with an examination already before the directory is opened.
  std::string examine(Examining& examined, ModelledDisk& disk, const Path& file) {
    ++report_.examined;
    const std::vector<Bytes> before = all_files(disk);
    const Status done = examined.run(path_);
    if (!done.is_ok() && done.code() != Code::failed_precondition) return "it is not examined: " + done.text();
    if (all_files(disk) != before) return "the examination changes files";
    for (const StorageFault& fault : examined.faults) {
      if (fault.file.find(path_) != 0 || fault.what.empty()) return "a fault names no file, or nothing: " + fault.file;
    }
    // What one damage of a log hides may be known by a later file.
    const auto names = [&](const StorageFault& fault) { return fault.file == file; };
    const std::vector<StorageFault>& all = examined.faults;
    return all.empty() || std::any_of(all.begin(), all.end(), names) ? "" : "no fault names the file";
  }

  std::string judge(const Examining& examined, const Status& opened) const {
    if (opened.is_ok() && !examined.faults.empty())
      return "it opens, but the examination finds fault: " + examined.faults.front().what;
    if (opened.is_ok()) return difference(acknowledged_, examined.visited);
    if (examined.faults.empty()) return "it is refused, but the examination finds no fault";
    for (const auto& entry : examined.visited) {
      if (!written_.contains(entry)) return "the examination visits a value that nobody wrote";
    }
    return "";
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
  std::set<std::pair<Bytes, Bytes>> written_;  ///< keys and values, also those that were replaced
  DamageTourReport report_;
};

}  // namespace

DamageTourReport tour_damage(const StorageUnderTest& storage, const DamageTour& tour) {
  return Tour(storage, tour).run();
}

}  // namespace stator::testing
