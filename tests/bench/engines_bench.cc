#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/statistics.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "kernel/files/posix_files.h"
#include "kernel/invariant.h"
#include "kernel/plugins/loader.h"
#include "kernel/replica/threaded_committer.h"
#include "stator/testing/background_thread.h"
#include "stator/testing/fake_host.h"
#include "tests/bench/redis_rival.h"

// engines_bench [directory [seconds [keys]]]
//
// The storage engines side by side, each below the kernel's own committer: durable puts, gets from memory and from the
// disk, recovery, space and write amplification. And in the same run RocksDB by itself, syncing every put of its own
// threads, and Redis, if it is installed. DIRECTORY is better on a disk than in memory.

namespace stator {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kValueBytes = 128;
constexpr int kWriters[] = {1, 16, 64, 256};

struct Plan {
  std::string directory;
  double seconds;
  std::uint64_t keys;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void die(const Status& status) {
  if (status.is_ok()) return;
  std::fprintf(stderr, "%s\n", status.text().c_str());
  std::exit(1);
}

/// As the kernel writes them: space, partition, keyspace, key.
Bytes key_of(std::uint64_t number) {
  const std::uint64_t token = (number + 1) * 0x9E3779B97F4A7C15ULL;
  return Bytes{1, static_cast<char>(token >> 60), static_cast<char>(token >> 52), 0, 1} +
         "user:" + std::to_string(10'000'000'000 + number);
}

/// Half of it can be compressed away.
Bytes value_of(std::uint64_t number) {
  Bytes value(kValueBytes, 'v');
  for (std::size_t i = 0; i < kValueBytes / 2; ++i) {
    number = number * 6364136223846793005ULL + 1442695040888963407ULL;
    value[i] = static_cast<char>(number >> 56);
  }
  return value;
}

/// What the disk has written or read for this process: "write_bytes:" or "read_bytes:".
std::uint64_t disk_bytes(const std::string& wanted) {
  std::ifstream file("/proc/self/io");
  std::string name;
  std::uint64_t value = 0;
  while (file >> name >> value) {
    if (name == wanted) return value;
  }
  return 0;
}

std::uint64_t size_of(const std::string& directory) {
  std::uint64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) sum += entry.file_size();
  }
  return sum;
}

/// What is read of its files next comes from the disk.
void forget_cached(const std::string& directory) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    ::fdatasync(file);
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ::close(file);
  }
}

/// How long each of some calls took.
class Waits {
 public:
  void add(Clock::time_point since) { seconds_.push_back(seconds_since(since)); }
  void add(const Waits& others) { seconds_.insert(seconds_.end(), others.seconds_.begin(), others.seconds_.end()); }
  std::size_t count() const { return seconds_.size(); }
  /// The half that was quickest took no longer at 0.5.
  double ms(double part) {
    if (seconds_.empty()) return 0;
    std::sort(seconds_.begin(), seconds_.end());
    return seconds_[static_cast<std::size_t>(part * static_cast<double>(seconds_.size() - 1))] * 1e3;
  }

 private:
  std::vector<double> seconds_;
};

/// Of one way to put, at so many writers. No syncs: nobody has counted them.
struct PutFigures {
  double a_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double records_a_sync = 0;
};

void print(const char* engine, int writers, const PutFigures& puts) {
  std::printf("%-9s %4d writers  %8.0f puts/s  p50 %6.2f ms  p99 %6.2f ms", engine, writers, puts.a_second, puts.p50_ms,
              puts.p99_ms);
  if (puts.records_a_sync > 0) std::printf("  %5.1f records a sync", puts.records_a_sync);
  std::printf("\n");
}

/// A process with an engine in it, loaded as statord does, with its defaults but for the cache.
struct Engine {
  Engine(const std::string& plugin, std::int64_t cache) : host(files) {
    host.offer(Background::kExtensionId, &background);
    const Result<const Plugin*> loaded = Loader({STATOR_PLUGIN_DIRECTORY}).load("storage", plugin);
    die(loaded.status());
    std::map<std::string, Config::Value, std::less<>> options;
    if (plugin == "memtable") {
      options = {{"segment_bytes", std::int64_t{64 << 20}}, {"snapshot_after_bytes", std::int64_t{256 << 20}}};
    } else {
      options = {{"block_cache_bytes", cache},
                 {"write_buffer_bytes", std::int64_t{64 << 20}},
                 {"compression", std::string("lz4")},
                 {"background_threads", std::int64_t{2}}};
    }
    Status why;
    storage.reset(static_cast<Storage*>((*loaded)->descriptor->create(host, Config("bench", std::move(options)), why)));
    die(why);
  }
  PosixFiles files;
  testing::FakeHost host;
  testing::BackgroundThread background;
  std::unique_ptr<Storage> storage;
};

/// Completions run where they are handed over: on the committer's thread.
class AtOnce final : public Executor {
 public:
  TimePoint now() const override { return Clock::now(); }
  std::uint64_t wall_millis() const override { return 0; }
  bool here() const override { return true; }
  void post(Task task) override { task(); }
  TimerId after(Duration /*delay*/, Task /*task*/) override { return 0; }
  void cancel(TimerId /*timer*/) override {}
};

/// So many writers, each of which puts again as soon as its put is durable.
class Load {
 public:
  Load(Storage& storage, const Plan& plan, int writers)
      : plan_(plan), writers_(writers), committer_(storage, {.observe = [this](std::size_t, Duration) { ++syncs_; }}) {}

  void run(const char* engine) {
    const auto start = Clock::now();
    until_ = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(plan_.seconds));
    left_ = writers_;
    for (int writer = 0; writer < writers_; ++writer) put();
    done_.get_future().wait();
    const double took = seconds_since(start);
    committer_.stop();
    const auto puts = static_cast<double>(waits_.count());
    print(engine, writers_, {puts / took, waits_.ms(0.5), waits_.ms(0.99), puts / static_cast<double>(syncs_)});
  }

 private:
  void put() {
    const std::uint64_t number = next_++ * 7919 % plan_.keys;
    committer_.commit(home_, {key_of(number), value_of(next_), [this, sent = Clock::now()](const Status& outcome) {
                                die(outcome);
                                std::lock_guard lock(mutex_);
                                waits_.add(sent);
                                if (Clock::now() < until_) return put();
                                if (--left_ == 0) done_.set_value();
                              }});
  }

  const Plan& plan_;
  const int writers_;
  AtOnce home_;
  std::mutex mutex_;
  Waits waits_;
  std::uint64_t next_ = 0;
  std::atomic<std::uint64_t> syncs_ = 0;
  int left_ = 0;
  Clock::time_point until_;
  std::promise<void> done_;
  ThreadedCommitter committer_;
};

void fill(const Plan& plan, Storage& storage) {
  constexpr std::uint64_t kBatch = 1000;
  for (std::uint64_t done = 0; done < plan.keys; done += kBatch) {
    std::vector<std::pair<Bytes, Bytes>> entries;
    for (std::uint64_t i = done; i < done + kBatch; ++i) entries.emplace_back(key_of(i), value_of(i));
    std::vector<Mutation> batch;
    batch.reserve(entries.size());
    for (const auto& [key, value] : entries) batch.push_back({key, value});
    die(storage.write(batch));
  }
}

void must_get(const Plan& plan, Storage& storage, std::uint64_t number) {
  if (!storage.get(key_of(number * 7919 % plan.keys)).value()) std::exit(1);
}

double gets_a_second(const Plan& plan, Storage& storage) {
  const auto start = Clock::now();
  std::uint64_t gets = 0;
  for (; seconds_since(start) < plan.seconds; ++gets) must_get(plan, storage, gets);
  return static_cast<double>(gets) / seconds_since(start);
}

/// Gets that find nothing in memory: a few at a time, and between them what was read is forgotten.
void measure_beyond_cache(const Plan& plan, Storage& storage, const std::string& store, int threads) {
  constexpr std::uint64_t kAtOnce = 800;
  Waits waits;
  double took = 0;
  std::uint64_t next = 0;
  const std::uint64_t before = disk_bytes("read_bytes:");
  while (took < plan.seconds) {
    forget_cached(store);
    std::vector<Waits> each(static_cast<std::size_t>(threads));
    std::vector<std::thread> all;
    const auto start = Clock::now();
    for (int thread = 0; thread < threads; ++thread) {
      all.emplace_back([&, thread] {
        for (std::uint64_t i = static_cast<std::uint64_t>(thread); i < kAtOnce;
             i += static_cast<std::uint64_t>(threads)) {
          const auto sent = Clock::now();
          must_get(plan, storage, next + i);
          each[static_cast<std::size_t>(thread)].add(sent);
        }
      });
    }
    for (std::thread& thread : all) thread.join();
    took += seconds_since(start);
    next += kAtOnce;
    for (const Waits& one : each) waits.add(one);
  }
  const auto gets = static_cast<double>(waits.count());
  std::printf("%-9s %8.0f gets/s beyond the cache, %d threads  p50 %.2f ms  p99 %.2f ms  %.0f bytes read a get\n",
              "rocksdb", gets / took, threads, waits.ms(0.5), waits.ms(0.99),
              static_cast<double>(disk_bytes("read_bytes:") - before) / gets);
}

void measure(const Plan& plan, const std::string& plugin) {
  const std::string store = plan.directory + "/" + plugin;
  const double logical = static_cast<double>(plan.keys) * static_cast<double>(key_of(0).size() + kValueBytes);
  {
    Engine engine(plugin, 256 << 20);
    die(engine.storage->open(store));
    for (int writers : kWriters) Load(*engine.storage, plan, writers).run(plugin.c_str());
  }
  fs::remove_all(store);
  const std::uint64_t before = disk_bytes("write_bytes:");
  {
    Engine engine(plugin, 256 << 20);
    die(engine.storage->open(store));
    fill(plan, *engine.storage);
    (void)gets_a_second(plan, *engine.storage);
    std::printf("%-9s %.0f gets/s in the cache\n", plugin.c_str(), gets_a_second(plan, *engine.storage));
  }
  std::printf("%-9s %.2f bytes written a byte, %.2f on disk\n", plugin.c_str(),
              static_cast<double>(disk_bytes("write_bytes:") - before) / logical,
              static_cast<double>(size_of(store)) / logical);
  forget_cached(store);
  const auto start = Clock::now();
  Engine engine(plugin, 1 << 20);
  die(engine.storage->open(store));
  const double took = seconds_since(start);
  std::printf("%-9s %.2f s of recovery, %.2f s a GB\n", plugin.c_str(), took, took / logical * 1e9);
  if (plugin == "memtable") return;  // all is in memory
  std::printf("%-9s %.0f gets/s with a cache of 1 MiB and the system's\n", plugin.c_str(),
              gets_a_second(plan, *engine.storage));
  for (int threads : {1, 16}) measure_beyond_cache(plan, *engine.storage, store, threads);
}

/// What RocksDB's own benchmark calls fillsync, with its own group commit under many threads.
PutFigures fillsync(const Plan& plan, ::rocksdb::DB& database, const ::rocksdb::Statistics& statistics, int threads) {
  std::atomic<std::uint64_t> puts = 0;
  std::vector<Waits> each(static_cast<std::size_t>(threads));
  std::vector<std::thread> all;
  const auto start = Clock::now();
  for (Waits& waits : each) {
    all.emplace_back([&] {
      ::rocksdb::WriteOptions durable;
      durable.sync = true;
      while (seconds_since(start) < plan.seconds) {
        const std::uint64_t number = puts++;
        const auto sent = Clock::now();
        if (!database.Put(durable, key_of(number * 7919 % plan.keys), value_of(number)).ok()) std::exit(1);
        waits.add(sent);
      }
    });
  }
  for (std::thread& thread : all) thread.join();
  const double took = seconds_since(start);
  Waits waits;
  for (const Waits& one : each) waits.add(one);
  const auto syncs = static_cast<double>(statistics.getTickerCount(::rocksdb::WAL_FILE_SYNCED));
  const auto count = static_cast<double>(waits.count());
  return {count / took, waits.ms(0.5), waits.ms(0.99), count / syncs};
}

void measure_alone(const Plan& plan, int threads) {
  ::rocksdb::Options options;
  options.create_if_missing = true;
  options.statistics = ::rocksdb::CreateDBStatistics();
  ::rocksdb::DB* opened = nullptr;
  const std::string store = plan.directory + "/alone";
  if (!::rocksdb::DB::Open(options, store, &opened).ok()) std::exit(1);
  {
    const std::unique_ptr<::rocksdb::DB> database(opened);
    print("fillsync", threads, fillsync(plan, *database, *options.statistics, threads));
  }
  fs::remove_all(store);
}

void measure_redis(const Plan& plan) {
  if (!RedisRival::installed()) return (void)std::printf("redis     is not installed (package redis-server)\n");
  std::string why;
  const RedisRival redis(plan.directory + "/redis", why);
  if (!why.empty()) die(Status(Code::internal, why));
  for (int clients : kWriters) {
    const RedisRival::Figures puts = redis.run({"set", clients, plan.seconds, plan.keys, kValueBytes});
    print("redis", clients, {puts.a_second, puts.p50_ms, puts.p99_ms, 0});
  }
  const RedisRival::Figures gets = redis.run({"get", 64, plan.seconds, plan.keys, kValueBytes});
  std::printf("redis     %.0f gets/s of 64 clients\n", gets.a_second);
}

}  // namespace
}  // namespace stator

int main(int count, char** arguments) {
  const std::string directory = count > 1 ? arguments[1] : "/tmp/stator_engines_bench_" + std::to_string(::getpid());
  const stator::Plan plan{directory, count > 2 ? std::atof(arguments[2]) : 5,
                          count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 1'000'000};
  std::filesystem::create_directories(directory);
  for (const char* plugin : {"memtable", "rocksdb"}) stator::measure(plan, plugin);
  for (int threads : stator::kWriters) stator::measure_alone(plan, threads);
  stator::measure_redis(plan);
  std::filesystem::remove_all(directory);
  return 0;
}
