#include "storage_history.h"
#include "storage_law_list.h"

// One log of operations, carried out by two storages side by side.

namespace stator::testing {
namespace {

constexpr int kOperations = 600;

/// One of the two: it is closed and opened again as the log says.
class Side {
 public:
  Side(const StorageUnderTest& under_test, std::uint64_t seed)
      : under_test_(under_test), seed_(seed), path_(storage_path(under_test, "agreement")) {}

  Status open() {
    process_.reset();
    process_ = std::make_unique<StorageProcess>(under_test_, disk_, seed_);
    return process_->open(path_);
  }
  /// From now on the copy is the storage.
  Status move_to_checkpoint(std::uint64_t number) {
    const Path copy = storage_path(under_test_, "agreement-" + std::to_string(number));
    if (Status made = storage().checkpoint(copy); !made.is_ok()) return made;
    path_ = copy;
    return open();
  }
  Storage& storage() { return *process_->storage; }

 private:
  const StorageUnderTest& under_test_;
  const std::uint64_t seed_;
  ModelledDisk disk_;
  Path path_;
  std::unique_ptr<StorageProcess> process_;
};

/// What an operation answered, as text: equal texts are equal answers.
std::string answer(const Status& status) { return status.is_ok() ? "ok" : std::string(code_name(status.code())); }

std::string answer_of_get(Storage& storage, const Bytes& key) {
  Result<std::optional<Bytes>> found = storage.get(key);
  if (!found.is_ok()) return answer(found.status());
  return *found ? "found " + **found : "absent";
}

struct Range {
  Bytes first;
  Bytes last;
  std::uint64_t most = 0;
};

std::string answer_of_scan(Storage& storage, const Range& range) {
  std::string text;
  std::uint64_t visited = 0;
  const Status status = storage.scan(range.first, range.last, [&](BytesView key, BytesView value) {
    text.append(std::to_string(key.size())).append(key).append(std::to_string(value.size())).append(value);
    return ++visited < range.most;
  });
  return answer(status) + text;
}

/// The two after one operation: what it was, and what each said.
struct Step {
  std::string operation;
  std::string first;
  std::string second;
};

Step step(Side& first, Side& second, ChangeSource& source, std::uint64_t number) {
  const std::uint64_t kind = source.below(100);
  if (kind < 2)
    return {"checkpoint", answer(first.move_to_checkpoint(number)), answer(second.move_to_checkpoint(number))};
  if (kind < 5) return {"open again", answer(first.open()), answer(second.open())};
  if (kind < 20) {
    const Range range{source.below(6) == 0 ? Bytes() : source.key(), source.below(6) == 0 ? Bytes() : source.key(),
                      1 + source.below(40)};
    return {"scan", answer_of_scan(first.storage(), range), answer_of_scan(second.storage(), range)};
  }
  if (kind < 50) {
    const Bytes key = source.key();
    return {"get", answer_of_get(first.storage(), key), answer_of_get(second.storage(), key)};
  }
  Changes changes = source.batch();
  for (Change& change : changes) {
    if (change.value && source.below(8) == 0) change.value->clear();
  }
  return {"write", answer(write(first.storage(), changes)), answer(write(second.storage(), changes))};
}

}  // namespace

std::vector<std::string> storage_disagreements(const StorageUnderTest& one, const StorageUnderTest& other) {
  Side first(one, one.seed);
  Side second(other, one.seed + 1);
  if (Status opened = first.open(); !opened.is_ok()) return {"the first does not open: " + opened.text()};
  if (Status opened = second.open(); !opened.is_ok()) return {"the second does not open: " + opened.text()};
  ChangeSource source(one.seed);
  for (std::uint64_t number = 1; number <= kOperations; ++number) {
    const Step taken = step(first, second, source, number);
    if (taken.first != taken.second)
      return {"operation " + std::to_string(number) + ", a " + taken.operation + ", has two outcomes"};
  }
  Result<Contents> held = contents_of(first.storage());
  Result<Contents> also = contents_of(second.storage());
  if (!held.is_ok() || !also.is_ok()) return {"one of them does not scan at the end"};
  const std::string differs = difference(*held, *also);
  return differs.empty() ? std::vector<std::string>() : std::vector<std::string>{"at the end: " + differs};
}

}  // namespace stator::testing
