#include <rocksdb/db.h>
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

// engines_bench [directory [seconds [keys]]]
//
// The storage engines side by side, each below the kernel's own committer: durable puts, gets from memory and from the
// files, recovery, space and write amplification. And RocksDB by itself, syncing every put of its own threads.

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

std::uint64_t written_by_process() {
  std::ifstream file("/proc/self/io");
  std::string name;
  std::uint64_t value = 0;
  while (file >> name >> value) {
    if (name == "write_bytes:") return value;
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
    std::sort(waits_.begin(), waits_.end());
    const auto at = [this](double part) { return waits_[static_cast<std::size_t>(part * (waits_.size() - 1))] * 1e3; };
    std::printf("%-9s %4d writers  %8.0f puts/s  p50 %6.2f ms  p99 %6.2f ms  %5.1f records a sync\n", engine, writers_,
                static_cast<double>(waits_.size()) / took, at(0.5), at(0.99),
                static_cast<double>(waits_.size()) / static_cast<double>(syncs_));
  }

 private:
  void put() {
    const std::uint64_t number = next_++ * 7919 % plan_.keys;
    committer_.commit(home_, {key_of(number), value_of(next_), [this, sent = Clock::now()](const Status& outcome) {
                                die(outcome);
                                std::lock_guard lock(mutex_);
                                waits_.push_back(seconds_since(sent));
                                if (Clock::now() < until_) return put();
                                if (--left_ == 0) done_.set_value();
                              }});
  }

  const Plan& plan_;
  const int writers_;
  AtOnce home_;
  std::mutex mutex_;
  std::vector<double> waits_;
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

double gets_a_second(const Plan& plan, Storage& storage) {
  const auto start = Clock::now();
  std::uint64_t gets = 0;
  for (; seconds_since(start) < plan.seconds; ++gets) {
    if (!storage.get(key_of(gets * 7919 % plan.keys)).value()) std::exit(1);
  }
  return static_cast<double>(gets) / seconds_since(start);
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
  const std::uint64_t before = written_by_process();
  {
    Engine engine(plugin, 256 << 20);
    die(engine.storage->open(store));
    fill(plan, *engine.storage);
    (void)gets_a_second(plan, *engine.storage);
    std::printf("%-9s %.0f gets/s in the cache\n", plugin.c_str(), gets_a_second(plan, *engine.storage));
  }
  std::printf("%-9s %.2f bytes written a byte, %.2f on disk\n", plugin.c_str(),
              static_cast<double>(written_by_process() - before) / logical,
              static_cast<double>(size_of(store)) / logical);
  const auto start = Clock::now();
  Engine engine(plugin, 1 << 20);
  die(engine.storage->open(store));
  std::printf("%-9s %.2f s of recovery, %.2f s a GB\n", plugin.c_str(), seconds_since(start),
              seconds_since(start) / logical * 1e9);
  std::printf("%-9s %.0f gets/s with a cache of 1 MiB\n", plugin.c_str(), gets_a_second(plan, *engine.storage));
}

/// What RocksDB's own benchmark calls fillsync, with its own group commit under many threads.
void measure_alone(const Plan& plan, int threads) {
  ::rocksdb::Options options;
  options.create_if_missing = true;
  ::rocksdb::DB* opened = nullptr;
  const std::string store = plan.directory + "/alone";
  if (!::rocksdb::DB::Open(options, store, &opened).ok()) std::exit(1);
  {
    const std::unique_ptr<::rocksdb::DB> database(opened);
    std::atomic<std::uint64_t> puts = 0;
    const auto start = Clock::now();
    std::vector<std::thread> all;
    all.reserve(static_cast<std::size_t>(threads));
    for (int thread = 0; thread < threads; ++thread) {
      all.emplace_back([&] {
        ::rocksdb::WriteOptions durable;
        durable.sync = true;
        while (seconds_since(start) < plan.seconds) {
          const std::uint64_t number = puts++;
          if (!database->Put(durable, key_of(number * 7919 % plan.keys), value_of(number)).ok()) std::exit(1);
        }
      });
    }
    for (std::thread& thread : all) thread.join();
    std::printf("fillsync  %4d threads  %8.0f puts/s\n", threads, static_cast<double>(puts) / seconds_since(start));
  }
  fs::remove_all(store);
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
  std::filesystem::remove_all(directory);
  return 0;
}
