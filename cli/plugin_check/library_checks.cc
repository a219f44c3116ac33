#include <malloc.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>

#include "cli/plugin_check/checks.h"
#include "cli/plugin_check/exported_symbols.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/loop_host.h"
#include "stator/testing/modelled_files.h"

namespace stator::cli {
namespace {

using Violations = std::vector<std::string>;
namespace fs = std::filesystem;

constexpr int kTimes = 100;
/// What an instance may leave behind, on average, without being called a leak: nothing that is worth a malloc.
constexpr std::size_t kLeakBytes = 16;

/// What a process has that others can see.
struct Footprint {
  std::size_t threads = 0;
  std::set<std::string> open;  ///< "5 -> socket:[4711]"
};

Footprint footprint() {
  Footprint found;
  std::error_code error;
  for (const fs::directory_entry& task : fs::directory_iterator("/proc/self/task", error)) {
    (void)task;
    ++found.threads;
  }
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd", error)) {
    std::error_code gone;  // the iterator's own, for one
    const fs::path target = fs::read_symlink(entry.path(), gone);
    if (!gone && target != "/proc/self/fd" && !target.string().ends_with("/fd"))
      found.open.insert(entry.path().filename().string() + " -> " + target.string());
  }
  return found;
}

Violations started_since(const Footprint& before) {
  const Footprint now = footprint();
  Violations violations;
  if (now.threads > before.threads)
    violations.push_back("it has started threads: " + std::to_string(now.threads - before.threads));
  for (const std::string& open : now.open) {
    if (!before.open.contains(open)) violations.push_back("it has opened " + open);
  }
  return violations;
}

/// A host as the plugin's kind needs it, with nothing to do.
class QuietHost {
 public:
  explicit QuietHost(const Trial& trial) {
    if (trial.plugin().kind == "transport") loops_.emplace();
  }
  Host& host() { return loops_ ? static_cast<Host&>(*loops_) : host_; }

 private:
  testing::ModelledDisk disk_;
  testing::ModelledFiles files_{disk_};
  testing::FakeHost host_{files_};
  std::optional<testing::LoopHost> loops_;
};

Verdict loads_as_a_plugin(const Subject& subject) {
  const auto trial = Trial::begin(subject);
  return verdict_of(trial.is_ok() ? Violations() : Violations{trial.status().message()});
}

Verdict exports_one_symbol(const Subject& subject) {
  const auto symbols = exported_symbols(subject.path);
  if (!symbols.is_ok()) return verdict_of({symbols.status().message()});
  Violations violations;
  for (const std::string& symbol : *symbols) {
    if (symbol == "stator_plugin") continue;
    violations.push_back("it exports " + symbol + ", too");
    if (violations.size() == 5) break;
  }
  return verdict_of(std::move(violations));
}

Verdict starts_nothing_when_loaded(const Subject& subject) {
  const Footprint before = footprint();
  const auto trial = Trial::begin(subject);
  if (!trial.is_ok()) return verdict_of({trial.status().message()});
  return verdict_of(started_since(before));
}

bool is_key(const char* text) {
  const std::string_view key = text;
  return !key.empty() && std::all_of(key.begin(), key.end(),
                                     [](char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_'; });
}

Violations wrong_options(const stator_option* options) {
  static const std::set<std::string_view> kTypes = {"string", "int", "bool", "duration", "bytes", "list", "file"};
  Violations violations;
  std::set<std::string_view> seen;
  for (const stator_option* option = options; option != nullptr && option->key != nullptr; ++option) {
    const std::string name = "option " + std::string(option->key);
    if (!is_key(option->key)) violations.push_back(name + ": a key is of a-z, 0-9 and _");
    if (!seen.insert(option->key).second) violations.push_back(name + " is there twice");
    if (option->type == nullptr || !kTypes.contains(option->type)) violations.push_back(name + " has no known type");
    const bool helps = option->help != nullptr && *option->help != '\0' && std::strchr(option->help, '\n') == nullptr;
    if (!helps) violations.push_back(name + " has no help of one line");
  }
  return violations;
}

Verdict describes_itself(const Subject& subject) {
  const auto trial = Trial::begin(subject);
  if (!trial.is_ok()) return verdict_of({trial.status().message()});
  const stator_plugin_descriptor& descriptor = *(*trial)->plugin().descriptor;
  Violations violations = wrong_options(descriptor.options);
  const std::string_view version = descriptor.version != nullptr ? descriptor.version : "";
  if (version.empty() || std::isdigit(static_cast<unsigned char>(version.front())) == 0)
    violations.push_back("its version is \"" + std::string(version) + "\", which does not begin with a number");
  return verdict_of(std::move(violations));
}

Verdict starts_nothing_when_created(const Subject& subject) {
  const auto trial = Trial::begin(subject);
  if (!trial.is_ok()) return verdict_of({trial.status().message()});
  QuietHost quiet(**trial);
  const Footprint before = footprint();
  Status why;
  void* instance = (*trial)->create(quiet.host(), why);
  if (instance == nullptr) return verdict_of({"create: " + why.text()});
  Violations violations = started_since(before);
  (*trial)->destroy(instance);
  return verdict_of(std::move(violations));
}

Status create_and_destroy(const Trial& trial, Host& host, int times) {
  for (int i = 0; i < times; ++i) {
    Status why;
    void* instance = trial.create(host, why);
    if (instance == nullptr) return why.is_ok() ? Status(Code::internal, "create gave nothing, and no reason") : why;
    trial.destroy(instance);
  }
  return Status::ok();
}

/// Whether this process's allocator tells what is in use; a sanitizer's does not.
bool counts_memory() {
  const std::size_t before = ::mallinfo2().uordblks;
  const auto some = std::make_unique<char[]>(100'000);
  some[1] = 1;
  return ::mallinfo2().uordblks > before || ::mallinfo2().hblkhd > 0;
}

Verdict leaves_nothing_behind(const Subject& subject) {
  const auto trial = Trial::begin(subject);
  if (!trial.is_ok()) return verdict_of({trial.status().message()});
  QuietHost quiet(**trial);
  // What is made once, a table or a cache, is made now.
  if (Status first = create_and_destroy(**trial, quiet.host(), 10); !first.is_ok())
    return verdict_of({"create: " + first.text()});
  const Footprint before = footprint();
  const std::size_t used = ::mallinfo2().uordblks;
  if (Status more = create_and_destroy(**trial, quiet.host(), kTimes); !more.is_ok())
    return verdict_of({"create: " + more.text()});
  const std::size_t now = ::mallinfo2().uordblks;
  Violations violations = started_since(before);
  if (now > used && now - used >= kTimes * kLeakBytes)
    violations.push_back(std::to_string(kTimes) + " instances leave " + std::to_string(now - used) + " bytes behind");
  if (violations.empty() && !counts_memory()) return skipped("this build's allocator does not count what is in use");
  return verdict_of(std::move(violations));
}

Verdict two_live_side_by_side(const Subject& subject) {
  const auto trial = Trial::begin(subject);
  if (!trial.is_ok()) return verdict_of({trial.status().message()});
  QuietHost one(**trial);
  QuietHost other(**trial);
  Status why;
  void* first = (*trial)->create(one.host(), why);
  void* second = (*trial)->create(other.host(), why);
  Violations violations;
  if (first == nullptr || second == nullptr) violations.push_back("create: " + why.text());
  if (first != nullptr && first == second) violations.emplace_back("two calls of create gave one instance");
  if (first != nullptr) (*trial)->destroy(first);
  if (second != nullptr && second != first) (*trial)->destroy(second);
  return verdict_of(std::move(violations));
}

}  // namespace

std::vector<Check> library_checks(const Subject& subject) {
  const auto check = [&subject](const char* name, const char* sentence, Verdict (*run)(const Subject&)) {
    return Check{name, sentence, [subject, run] { return run(subject); }};
  };
  return {
      check("LoadsAsAPlugin", "it is a whole library of this SDK's toolchain, and its options can be read",
            loads_as_a_plugin),
      check("ExportsOneSymbol", "stator_plugin is all that it exports", exports_one_symbol),
      check("StartsNothingWhenLoaded", "loading it starts no thread and opens no file or socket",
            starts_nothing_when_loaded),
      check("DescribesItself", "its version and its options are well-formed", describes_itself),
      check("StartsNothingWhenCreated", "create starts no thread and opens no file or socket",
            starts_nothing_when_created),
      check("LeavesNothingBehind", "a hundred instances that were destroyed leave nothing behind",
            leaves_nothing_behind),
      check("TwoLiveSideBySide", "two instances live at the same time", two_live_side_by_side),
  };
}

}  // namespace stator::cli
