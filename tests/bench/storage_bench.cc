#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "kernel/files/posix_files.h"
#include "plugins/storage/memtable/memtable.h"
#include "stator/testing/background_thread.h"
#include "stator/testing/fake_host.h"

// storage_bench [directory [keys [value_bytes [batch]]]]
//
// Fills a memtable the way the kernel does (space, partition, keyspace, key; one thread, batches) and prints what a key
// costs in memory, what a batch costs on this disk, and how long recovery takes, from the log and from a snapshot.

namespace stator {
namespace {

struct Plan {
  Path directory;
  std::uint64_t keys;
  std::size_t value_bytes;
  std::size_t batch;
};

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Of the allocator, without what the C library keeps in reserve.
std::uint64_t memory_in_use() {
  const struct mallinfo2 facts = mallinfo2();
  return facts.uordblks + facts.hblkhd;
}

Bytes key_of(std::uint64_t number) {
  const std::uint64_t token = (number + 1) * 0x9E3779B97F4A7C15ULL;
  char head[] = {1, static_cast<char>(token >> 60), static_cast<char>(token >> 52), 7};
  char name[32];
  const int size = std::snprintf(name, sizeof name, "user:%011llu", static_cast<unsigned long long>(number));
  return Bytes(head, sizeof head).append(name, static_cast<std::size_t>(size));
}

void die(const Status& status) {
  if (status.is_ok()) return;
  std::fprintf(stderr, "%s\n", status.text().c_str());
  std::exit(1);
}

/// A process with the storage in it.
struct Process {
  explicit Process(memtable::Memtable::Options options) : host(files) {
    host.offer(Background::kExtensionId, &background);
    storage = std::make_unique<memtable::Memtable>(host, options);
  }
  PosixFiles files;
  testing::FakeHost host;
  testing::BackgroundThread background;
  std::unique_ptr<memtable::Memtable> storage;
};

void fill(const Plan& plan, memtable::Memtable& storage) {
  const Bytes value(plan.value_bytes, 'v');
  std::vector<Bytes> keys(plan.batch);
  std::vector<Mutation> batch(plan.batch);
  std::vector<double> waits;
  const auto start = Clock::now();
  for (std::uint64_t done = 0; done < plan.keys; done += plan.batch) {
    for (std::size_t i = 0; i < plan.batch; ++i) {
      keys[i] = key_of(done + i);
      batch[i] = {.key = keys[i], .value = value};
    }
    const auto sent = Clock::now();
    die(storage.write(batch));
    waits.push_back(seconds_since(sent));
  }
  const double seconds = seconds_since(start);
  std::sort(waits.begin(), waits.end());
  std::printf("write      %.0f keys/s, %.0f syncs/s of %zu keys, p50 %.0f us, p99 %.0f us\n",
              static_cast<double>(plan.keys) / seconds, static_cast<double>(waits.size()) / seconds, plan.batch,
              waits[waits.size() / 2] * 1e6, waits[waits.size() * 99 / 100] * 1e6);
}

void read(const Plan& plan, memtable::Memtable& storage) {
  std::uint64_t found = 0;
  auto start = Clock::now();
  for (std::uint64_t i = 0; i < plan.keys; ++i)
    found += storage.get(key_of(i * 7919 % plan.keys)).value().has_value() ? 1 : 0;
  std::printf("get        %.2f us, %llu found\n", seconds_since(start) / static_cast<double>(plan.keys) * 1e6,
              static_cast<unsigned long long>(found));
  start = Clock::now();
  found = 0;
  die(storage.scan({}, {}, [&found](BytesView, BytesView) { return ++found > 0; }));
  std::printf("scan       %.0f keys/s\n", static_cast<double>(found) / seconds_since(start));
}

void recover(const Plan& plan, memtable::Memtable::Options options, const char* from) {
  Process process(options);
  const auto start = Clock::now();
  die(process.storage->open(plan.directory));
  const double seconds = seconds_since(start);
  const double bytes = static_cast<double>(process.storage->stats().bytes);
  std::printf("recovery   %.2f s from %s, %.2f s per GB of keys and values\n", seconds, from, seconds / bytes * 1e9);
}

void run(const Plan& plan) {
  memtable::Memtable::Options options;
  options.snapshot_after_bytes = UINT64_MAX / 2;
  {
    Process process(options);
    die(process.storage->open(plan.directory));
    const std::uint64_t before = memory_in_use();
    fill(plan, *process.storage);
    const StorageStats stats = process.storage->stats();
    const double memory = static_cast<double>(memory_in_use() - before);
    const double keys = static_cast<double>(stats.keys);
    std::printf("memory     %.1f bytes a key, %.1f of them beyond key and value\n", memory / keys,
                (memory - static_cast<double>(stats.bytes)) / keys);
    read(plan, *process.storage);
    const auto start = Clock::now();
    die(process.storage->checkpoint(plan.directory + "-copy"));
    std::printf("checkpoint %.2f s\n", seconds_since(start));
  }
  recover(plan, options, "the log");
  // A snapshot and the last segment of the log.
  recover({plan.directory + "-copy", plan.keys, plan.value_bytes, plan.batch}, options, "a snapshot");
}

}  // namespace
}  // namespace stator

int main(int count, char** arguments) {
  auto number = [&](int at, std::uint64_t otherwise) {
    return count > at ? std::strtoull(arguments[at], nullptr, 10) : otherwise;
  };
  const std::string directory = count > 1 ? arguments[1] : "/tmp/stator_storage_bench_" + std::to_string(::getpid());
  const stator::Plan plan{directory + "/store", number(2, 1'000'000), number(3, 128),
                          std::max<std::uint64_t>(number(4, 64), 1)};
  std::printf("%llu keys of 20 bytes with values of %zu bytes in %s\n", static_cast<unsigned long long>(plan.keys),
              plan.value_bytes, directory.c_str());
  stator::run(plan);
  std::filesystem::remove_all(plan.directory);
  std::filesystem::remove_all(plan.directory + "-copy");
  return 0;
}
