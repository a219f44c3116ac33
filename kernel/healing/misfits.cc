#include "kernel/healing/misfits.h"

#include <memory>
#include <utility>
#include <vector>

#include "kernel/replica/row_tally.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::chrono::milliseconds kRest{2};
constexpr int kMostTries = 1000;  // to meet keys with nothing on its way

// Owned by what it waits for.
struct Removal {
  Executor& executor;
  Replica& replica;
  CopyRange range;
  Task done;
  std::vector<Bytes> suspects;
  int tries = 0;

  KeyAddress at() const { return {range.store, range.partition, range.keyspace, suspects.back()}; }
};

void next(std::unique_ptr<Removal> removal);

// In one turn, and while nothing is on its way: so it does not only seem so.
void judge(std::unique_ptr<Removal> removal) {
  Replica& replica = removal->replica;
  const bool moving = replica.in_flight(removal->at());
  if (moving && ++removal->tries < kMostTries) return next(std::move(removal));
  const Result<bool> whole = moving ? Result<bool>(true) : is_whole(removal->at());
  const Bytes key = std::move(removal->suspects.back());
  removal->suspects.pop_back();
  if (!whole.is_ok() || *whole || STATOR_SEEDED_BUG(misfits_kept)) return next(std::move(removal));
  const KeyAddress at{removal->range.store, removal->range.partition, removal->range.keyspace, key};
  replica.remove(at, [removal = std::move(removal)](const Status&) mutable { next(std::move(removal)); });
}

// What is read on the loop is read by the store's readers first.
void next(std::unique_ptr<Removal> removal) {
  if (removal->suspects.empty()) return removal->done();
  Executor& executor = removal->executor;
  executor.after(kRest, [&executor, removal = std::move(removal)]() mutable {
    Readers* readers = removal->range.store.readers();
    if (readers == nullptr) return judge(std::move(removal));
    auto read = [range = removal->range, key = removal->suspects.back()] {
      (void)is_whole({range.store, range.partition, range.keyspace, key});
    };
    readers->run(executor, std::move(read), [removal = std::move(removal)]() mutable { judge(std::move(removal)); });
  });
}

}  // namespace

void remove_misfits(Executor& executor, Replica& replica, const CopyRange& range, Task done) {
  auto removal = std::make_unique<Removal>(Removal{executor, replica, range, std::move(done), {}});
  read_with(
      range.store.readers(), executor, [range] { return misfits_in(range); },
      [removal = std::move(removal)](Result<std::vector<Bytes>> found) mutable {
        if (found.is_ok()) removal->suspects = std::move(*found);
        next(std::move(removal));
      });
}

}  // namespace stator
