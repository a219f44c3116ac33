#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <utility>

#include "cli/plugin_check/checks.h"
#include "stator/testing/datatype_laws.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/membership_laws.h"
#include "stator/testing/modelled_files.h"
#include "stator/testing/resolver_laws.h"
#include "stator/testing/storage_laws.h"
#include "stator/testing/transport_laws.h"

namespace stator::cli {
namespace {

namespace fs = std::filesystem;
using Judge = std::function<Verdict(const Trial&)>;

/// A directory of the real file system, gone with the object.
class Directory {
 public:
  Directory() {
    std::string form = (fs::temp_directory_path() / "stator-check-XXXXXX").string();
    if (::mkdtemp(form.data()) != nullptr) path_ = form;
  }
  ~Directory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// For what is pure.
struct UnusedHost {
  testing::ModelledDisk disk;
  testing::ModelledFiles files{disk};
  testing::FakeHost host{files};
};

Check law_check(const Subject& subject, const char* name, const char* sentence, Judge judge) {
  return {name, sentence, [subject, judge = std::move(judge)] {
            const auto trial = Trial::begin(subject);
            return trial.is_ok() ? judge(**trial) : verdict_of({trial.status().message()});
          }};
}

Verdict judge_resolver(const testing::ResolverLaw& law, std::uint64_t seed, const Trial& trial) {
  const bool total = trial.plugin().has("total-order");
  if (law.of_total_orders && !total) return skipped("it does not declare \"total-order\"");
  UnusedHost unused;
  return verdict_of(
      law.violations({.make = [&] { return trial.make<Resolver>(unused.host); }, .total_order = total, .seed = seed}));
}

Verdict judge_datatype(const testing::DataTypeLaw& law, std::uint64_t seed, const Trial& trial) {
  UnusedHost unused;
  return verdict_of(law.violations({.make = [&] { return trial.make<DataType>(unused.host); }, .seed = seed}));
}

Verdict judge_storage(const testing::StorageLaw& law, std::uint64_t seed, const Trial& trial) {
  const Directory real;
  testing::StorageUnderTest storage{.make = [&trial](Host& host) { return trial.make<Storage>(host); },
                                    .counts_keys = !trial.plugin().has("estimates-keys"),
                                    .seed = seed};
  // One that declares itself deterministic uses the host's files, and those are modelled.
  if (!trial.plugin().has("deterministic")) storage.directory = real.path();
  if (!testing::applies(law, storage))
    return skipped(law.needs_real_files ? "it keeps its files on the host's disk, which is modelled here"
                                        : "it does not declare \"deterministic\": its files are not the host's");
  return verdict_of(law.violations(storage));
}

Verdict judge_membership(const testing::MembershipLaw& law, std::uint64_t seed, const Trial& trial) {
  return verdict_of(
      law.violations({.make = [&trial](Host& host) { return trial.make<Membership>(host); }, .seed = seed}));
}

Verdict judge_transport(const testing::TransportLaw& law, std::uint64_t /*seed*/, const Trial& trial) {
  if (!trial.plugin().has("peers")) return skipped("it does not declare \"peers\"");
  return verdict_of(law.violations({.make = [&trial](Host& host) { return trial.make<Transport>(host); }}));
}

template <typename Law>
std::vector<Check> checks_of(std::span<const Law> laws, const Subject& subject,
                             Verdict (*judge)(const Law&, std::uint64_t, const Trial&)) {
  std::vector<Check> checks;
  for (const Law& law : laws)
    checks.push_back(law_check(subject, law.name, law.sentence, [&law, judge, seed = subject.seed](const Trial& trial) {
      return judge(law, seed, trial);
    }));
  return checks;
}

}  // namespace

std::vector<Check> law_checks(const Subject& subject) {
  const std::string kind = subject.kind();
  if (kind == "datatype") return checks_of(testing::datatype_laws(), subject, judge_datatype);
  if (kind == "resolver") return checks_of(testing::resolver_laws(), subject, judge_resolver);
  if (kind == "storage") return checks_of(testing::storage_laws(), subject, judge_storage);
  if (kind == "membership") return checks_of(testing::membership_laws(), subject, judge_membership);
  if (kind == "transport") return checks_of(testing::transport_laws(), subject, judge_transport);
  return {};
}

}  // namespace stator::cli
