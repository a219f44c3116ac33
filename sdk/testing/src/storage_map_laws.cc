#include <algorithm>
#include <atomic>
#include <thread>

#include "stator/testing/background_thread.h"
#include "storage_history.h"
#include "storage_law_list.h"

namespace stator::testing {
namespace {

/// A storage that is open and empty, and the list of what is wrong with it.
struct Bench {
  Bench(const StorageUnderTest& under_test, const std::string& name)
      : path(storage_path(under_test, name)), process(under_test, disk, under_test.seed) {
    require(process.open(path), "open");
  }
  Storage& storage() { return *process.storage; }
  void require(const Status& status, const std::string& doing) {
    if (!status.is_ok()) violations.push_back(doing + " failed: " + status.text());
  }
  void expect(bool holds, const std::string& otherwise) {
    if (!holds) violations.push_back(otherwise);
  }
  void expect_contents(Storage& storage, const Contents& expected, const std::string& when) {
    Result<Contents> found = contents_of(storage);
    require(found.status(), "scan " + when);
    if (!found.is_ok()) return;
    const std::string differs = difference(expected, *found);
    expect(differs.empty(), when + ": " + differs);
  }

  ModelledDisk disk;
  Path path;
  StorageProcess process;
  Violations violations;
};

void compare_get(Bench& bench, const Contents& model, const Bytes& key) {
  Result<std::optional<Bytes>> got = bench.storage().get(key);
  bench.require(got.status(), "get");
  if (!got.is_ok()) return;
  auto found = model.find(key);
  const std::optional<Bytes> expected = found == model.end() ? std::nullopt : std::optional(found->second);
  bench.expect(*got == expected,
               expected ? "a get misses what was written" : "a get finds what was removed or never written");
}

/// Ascending, complete and half-open is another law; this one looks at whole contents and single keys.
void check_stats(Bench& bench, const Contents& model, bool exactly) {
  const StorageStats stats = bench.storage().stats();
  if (!exactly) {
    bench.expect((stats.keys == 0) == model.empty(), "stats().keys is " + std::to_string(stats.keys) + " with " +
                                                         std::to_string(model.size()) + " keys there");
    return;
  }
  bench.expect(stats.keys == model.size(),
               "stats().keys is " + std::to_string(stats.keys) + ", not " + std::to_string(model.size()));
}

std::vector<Bytes> scan_keys(Bench& bench, BytesView first, BytesView last) {
  std::vector<Bytes> keys;
  bench.require(bench.storage().scan(first, last,
                                     [&](BytesView key, BytesView) {
                                       keys.emplace_back(key);
                                       return true;
                                     }),
                "scan");
  return keys;
}

std::vector<Bytes> keys_between(const Contents& model, const Bytes& first, const Bytes& last) {
  std::vector<Bytes> keys;
  for (auto at = model.lower_bound(first); at != model.end() && (last.empty() || at->first < last); ++at)
    keys.push_back(at->first);
  return keys;
}

Bytes counted(std::uint64_t number) { return std::to_string(number); }

/// What the writer and its readers know of each other.
struct Beside {
  std::atomic<std::uint64_t> written = 0;
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> gets = 0;
  std::atomic<std::uint64_t> scans = 0;
  std::atomic<int> stale = 0;
  std::atomic<int> disordered = 0;

  /// Until each reader has begun and ended another read: the readers are beside the writes, however fast those are.
  void await_readers() const {
    for (const auto* reads : {&gets, &scans}) {
      const std::uint64_t enough = *reads + 2;
      while (*reads < enough) std::this_thread::yield();
    }
  }
};

/// The key's counter must never be seen to go back behind what had been written before the get began.
void read_counters(Storage& storage, Beside& beside) {
  while (!beside.done) {
    const std::uint64_t before = beside.written;
    Result<std::optional<Bytes>> got = storage.get("counter");
    if (before > 0 && (!got.is_ok() || !*got || std::stoull(**got) < before)) ++beside.stale;
    ++beside.gets;
  }
}

void read_scans(Storage& storage, Beside& beside) {
  while (!beside.done) {
    Bytes previous;
    Status status = storage.scan({}, {}, [&](BytesView key, BytesView) {
      if (key <= previous) ++beside.disordered;
      previous = key;
      return true;
    });
    if (!status.is_ok()) ++beside.disordered;
    ++beside.scans;
  }
}

}  // namespace

Violations agrees_with_a_map(const StorageUnderTest& under_test) {
  Bench bench(under_test, "map");
  ChangeSource source(under_test.seed);
  Contents model;
  for (int step = 0; step < 400 && bench.violations.empty(); ++step) {
    const Changes changes = source.batch();
    bench.require(write(bench.storage(), changes), "write");
    perform(changes, model);
    for (const Change& change : changes) compare_get(bench, model, change.key);
    compare_get(bench, model, source.key());
    if (source.below(8) == 0) bench.process.host.run_all();
    if (step % 40 == 0) bench.expect_contents(bench.storage(), model, "after step " + std::to_string(step));
  }
  bench.expect_contents(bench.storage(), model, "at the end");
  check_stats(bench, model, under_test.counts_keys);
  return bench.violations;
}

Violations scans_half_open_ranges_in_byte_order(const StorageUnderTest& under_test) {
  Bench bench(under_test, "scan");
  ChangeSource source(under_test.seed);
  Contents model;
  Changes all;
  for (int i = 0; i < 1000; ++i) all.push_back({source.key(), source.value()});
  // More neighbours than an implementation is likely to visit at a time.
  for (int i = 0; i < 2000; ++i) all.push_back({"dense" + counted(10000 + static_cast<std::uint64_t>(i)), Bytes("v")});
  bench.require(write(bench.storage(), all), "write");
  perform(all, model);
  for (int i = 0; i < 300 && bench.violations.empty(); ++i) {
    Bytes first = i % 7 == 0 ? Bytes() : source.key();
    Bytes last = i % 5 == 0 ? Bytes() : source.key();
    if (i % 3 == 0 && !model.empty())
      last = std::next(model.begin(), static_cast<long>(source.below(model.size())))->first;
    bench.expect(scan_keys(bench, first, last) == keys_between(model, first, last),
                 "a scan visits other keys than those of [first, last), or in another order");
  }
  int visited = 0;
  bench.require(bench.storage().scan({}, {}, [&](BytesView, BytesView) { return ++visited < 7; }), "scan");
  bench.expect(visited == 7, "a visitor that returned false was called again");
  return bench.violations;
}

Violations later_mutation_of_a_key_wins(const StorageUnderTest& under_test) {
  Bench bench(under_test, "order");
  const Contents expected = {{"again", "third"}, {"put", "kept"}};
  bench.require(write(bench.storage(), {{"again", "first"},
                                        {"put", std::nullopt},
                                        {"again", "second"},
                                        {"gone", "never seen"},
                                        {"put", "kept"},
                                        {"again", "third"},
                                        {"gone", std::nullopt},
                                        {"absent", std::nullopt}}),
                "write");
  bench.expect_contents(bench.storage(), expected, "at once");
  bench.process.storage.reset();
  StorageProcess again(under_test, bench.disk, under_test.seed + 1);
  bench.require(again.open(bench.path), "open again");
  bench.expect_contents(*again.storage, expected, "after opening it again");
  return bench.violations;
}

Violations keeps_empty_and_large_values(const StorageUnderTest& under_test) {
  Bench bench(under_test, "sizes");
  Contents model = {{"empty", ""}, {Bytes(1, '\0'), Bytes(1, '\0')}, {Bytes(4096, '\xff'), "long key"}};
  for (std::size_t size : {511UL, 4096UL, 65537UL, (1UL << 20) + 3}) {
    model["large " + counted(size)] = Bytes(size, static_cast<char>(size % 251));
  }
  for (const auto& [key, value] : model) bench.require(write(bench.storage(), {{key, value}}), "write");
  bench.process.host.run_all();
  bench.expect_contents(bench.storage(), model, "at once");
  bench.process.storage.reset();
  StorageProcess again(under_test, bench.disk, under_test.seed + 1);
  bench.require(again.open(bench.path), "open again");
  bench.expect_contents(*again.storage, model, "after opening it again");
  return bench.violations;
}

Violations readers_run_beside_the_writer(const StorageUnderTest& under_test) {
  ModelledDisk disk;
  ModelledFiles files(disk);
  FakeHost host(files, {.seed = under_test.seed});
  BackgroundThread background;
  host.offer(Background::kExtensionId, &background);
  std::unique_ptr<Storage> storage = under_test.make(host);
  if (Status opened = storage->open(storage_path(under_test, "readers")); !opened.is_ok()) return {opened.text()};
  Beside beside;
  std::thread getter([&] { read_counters(*storage, beside); });
  std::thread scanner([&] { read_scans(*storage, beside); });
  ChangeSource source(under_test.seed);
  Violations violations;
  for (std::uint64_t count = 1; count <= 2000 && violations.empty(); ++count) {
    Changes changes = source.batch();
    changes.push_back({"counter", counted(count)});
    if (Status status = write(*storage, changes); !status.is_ok())
      violations.push_back("write failed: " + status.text());
    beside.written = count;
    if (count % 200 == 0) beside.await_readers();
  }
  beside.done = true;
  getter.join();
  scanner.join();
  if (beside.stale > 0) violations.emplace_back("a get did not see a write that had returned before it");
  if (beside.disordered > 0) violations.emplace_back("a scan beside writes failed, or was not ascending");
  return violations;
}

Violations reopens_as_it_was_closed(const StorageUnderTest& under_test) {
  Bench bench(under_test, "reopen");
  ChangeSource source(under_test.seed);
  Contents model;
  for (std::uint64_t round = 0; round < 12 && bench.violations.empty(); ++round) {
    if (round > 0) {
      bench.process.storage.reset();
      bench.process.storage = under_test.make(bench.process.host);
      bench.require(bench.process.open(bench.path), "open again");
    }
    bench.expect_contents(bench.storage(), model, "after closing it " + std::to_string(round) + " times");
    for (const Changes& changes : round % 2 == 0 ? source.batches(round * 8) : source.uniform_batches(round * 8)) {
      bench.require(write(bench.storage(), changes), "write");
      perform(changes, model);
      if (source.below(3) == 0) bench.process.host.run_one();
    }
  }
  return bench.violations;
}

Violations refuses_a_second_opener(const StorageUnderTest& under_test) {
  Bench bench(under_test, "locked");
  std::unique_ptr<Storage> second = under_test.make(bench.process.host);
  const Status refused = second->open(bench.path);
  bench.expect(!refused.is_ok(), "two storages have the same directory open");
  bench.expect(refused.is_ok() || refused.message().find(bench.path) != std::string::npos,
               "the refusal does not name the directory: " + refused.text());
  second.reset();
  bench.require(write(bench.storage(), {{"key", "value"}}), "write by the first, after the second was refused");
  bench.process.storage.reset();
  std::unique_ptr<Storage> third = under_test.make(bench.process.host);
  bench.require(third->open(bench.path), "open after the first was closed");
  return bench.violations;
}

Violations checkpoints_open_as_the_storage_was(const StorageUnderTest& under_test) {
  Bench bench(under_test, "origin");
  ChangeSource source(under_test.seed);
  Contents model;
  for (std::uint64_t nth = 1; nth <= 4 && bench.violations.empty(); ++nth) {
    for (const Changes& changes : source.batches(nth == 1 ? 0 : 40)) {
      bench.require(write(bench.storage(), changes), "write");
      perform(changes, model);
      if (source.below(4) == 0) bench.process.host.run_one();
    }
    const Path copy = storage_path(under_test, "copy" + std::to_string(nth));
    bench.require(bench.storage().checkpoint(copy), "checkpoint");
    bench.expect(!bench.storage().checkpoint(copy).is_ok(), "a checkpoint went into a directory that was not empty");
    std::unique_ptr<Storage> opened = under_test.make(bench.process.host);
    bench.require(opened->open(copy), "open the checkpoint");
    bench.expect_contents(*opened, model, "the checkpoint");
    bench.require(write(*opened, {{"only in the copy", "x"}}), "write to the copy");
    bench.expect_contents(bench.storage(), model, "the origin");
  }
  return bench.violations;
}

}  // namespace stator::testing
