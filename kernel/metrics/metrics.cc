#include "kernel/metrics/metrics.h"

#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "kernel/metrics/process_stats.h"

namespace stator {
namespace {

using prometheus::Histogram;

const Histogram::BucketBoundaries kSeconds = {0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01,
                                              0.02,    0.05,   0.1,    0.2,    0.5,   1,     2,     5};
const Histogram::BucketBoundaries kCounts = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
constexpr std::size_t kCodes = static_cast<std::size_t>(Code::internal) + 1;

double seconds(Duration took) { return std::chrono::duration<double>(took).count(); }

prometheus::Family<Histogram>& family(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

// Made when an outcome is first seen: most never are.
class RequestSeries final : public Metrics::Requests {
 public:
  using Make = std::function<Histogram&(Code)>;
  RequestSeries(Make make, Histogram& siblings) : make_(std::move(make)), siblings_(siblings) {}
  void observe(Code outcome, Duration took) override {
    std::atomic<Histogram*>& slot = by_code_[static_cast<std::size_t>(outcome)];
    Histogram* histogram = slot.load(std::memory_order_acquire);
    if (histogram == nullptr) slot.store(histogram = &make_(outcome), std::memory_order_release);
    histogram->Observe(seconds(took));
  }
  void observe_siblings(std::size_t count) override { siblings_.Observe(static_cast<double>(count)); }

 private:
  const Make make_;
  std::array<std::atomic<Histogram*>, kCodes> by_code_{};
  Histogram& siblings_;
};

struct Reading {
  std::string name;
  std::string help;
  std::map<std::string, std::string> labels;
  prometheus::MetricType type;
  std::function<double()> read;
};

prometheus::MetricFamily sample(const Reading& reading) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : reading.labels) metric.label.push_back({name, value});
  const double value = reading.read();
  if (reading.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {reading.name, reading.help, reading.type, {std::move(metric)}};
}

// One family per name, whatever order the readings were made in.
void append(std::vector<prometheus::MetricFamily>& families, prometheus::MetricFamily one) {
  for (prometheus::MetricFamily& held : families) {
    if (held.name == one.name) {
      held.metric.push_back(std::move(one.metric.front()));
      return;
    }
  }
  families.push_back(std::move(one));
}

std::vector<prometheus::MetricFamily> process_families() {
  using prometheus::MetricType;
  const ProcessStats stats = read_process_stats();
  const auto constant = [](double value) { return [value] { return value; }; };
  const Reading readings[] = {
      {"process_cpu_seconds_total",
       "Total user and system CPU time spent in seconds.",
       {},
       MetricType::Counter,
       constant(stats.cpu_seconds)},
      {"process_resident_memory_bytes",
       "Resident memory size in bytes.",
       {},
       MetricType::Gauge,
       constant(stats.resident_bytes)},
      {"process_virtual_memory_bytes",
       "Virtual memory size in bytes.",
       {},
       MetricType::Gauge,
       constant(stats.virtual_bytes)},
      {"process_open_fds", "Number of open file descriptors.", {}, MetricType::Gauge, constant(stats.open_fds)},
      {"process_max_fds", "Maximum number of open file descriptors.", {}, MetricType::Gauge, constant(stats.max_fds)},
      {"process_start_time_seconds",
       "Start time of the process since unix epoch in seconds.",
       {},
       MetricType::Gauge,
       constant(stats.start_time_seconds)},
  };
  std::vector<prometheus::MetricFamily> families;
  for (const Reading& reading : readings) families.push_back(sample(reading));
  return families;
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<Histogram>& requests =
      family(registry, "stator_request_duration_seconds",
             "Time from a client's request to its answer (put.latency, get.latency).");
  prometheus::Family<Histogram>& siblings =
      family(registry, "stator_siblings", "Concurrent versions that a get found.");
  prometheus::Family<Histogram>& fsync =
      family(registry, "stator_wal_fsync_seconds", "Time one group commit took to be durable (wal.fsync).");
  prometheus::Family<Histogram>& records = family(registry, "stator_commit_records", "Records in one group commit.");
  prometheus::Family<Histogram>& merkle = family(registry, "stator_merkle_round_seconds",
                                                 "Time of one round of anti-entropy with one peer (merkle.round).");
  Histogram& merkle_round = merkle.Add({}, kSeconds);
  prometheus::Family<Histogram>& rpc = family(registry, "stator_replica_rpc_seconds",
                                              "Time from a request to another node to its answer (replica.rpc).");
  std::vector<std::unique_ptr<RequestSeries>> series;
  std::vector<Reading> readings;
  // Of plugins: they come and go. One who leaves waits for this lock, and so for the reader.
  std::mutex shown_mutex;
  std::map<const PluginMetrics::Shown*, std::vector<Reading>> shown;
  // Looking a histogram up by its labels costs a microsecond; peers and methods are few and the pointers last.
  std::mutex mutex;
  std::map<std::pair<std::string, std::string_view>, Histogram*> rpc_series;
};

// On the page while it lives.
class Metrics::ShownSeries final : public PluginMetrics::Shown {
 public:
  ShownSeries(State& state, std::vector<Reading> readings) : state_(state) {
    std::lock_guard lock(state_.shown_mutex);
    state_.shown.emplace(this, std::move(readings));
  }
  ~ShownSeries() override {
    std::lock_guard lock(state_.shown_mutex);
    state_.shown.erase(this);
  }

 private:
  State& state_;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}

Metrics::~Metrics() = default;

Metrics::Requests& Metrics::requests(const std::string& op, const std::string& keyspace, const std::string& transport) {
  auto make = [this, op, keyspace, transport](Code code) -> Histogram& {
    return state_->requests.Add(
        {{"op", op}, {"keyspace", keyspace}, {"transport", transport}, {"outcome", code_name(code)}}, kSeconds);
  };
  Histogram& siblings = state_->siblings.Add({{"keyspace", keyspace}}, kCounts);
  return *state_->series.emplace_back(std::make_unique<RequestSeries>(std::move(make), siblings));
}

void Metrics::observe_commit(const std::string& storage, std::size_t records, Duration took) {
  state_->fsync.Add({{"storage", storage}}, kSeconds).Observe(seconds(took));
  state_->records.Add({{"storage", storage}}, kCounts).Observe(static_cast<double>(records));
}

void Metrics::observe_merkle_round(Duration took) { state_->merkle_round.Observe(seconds(took)); }

void Metrics::observe_replica_rpc(const std::string& peer, const char* method, Duration took) {
  Histogram* histogram = nullptr;
  {
    std::lock_guard lock(state_->mutex);
    Histogram*& held = state_->rpc_series[{peer, method}];
    if (held == nullptr) held = &state_->rpc.Add({{"peer", peer}, {"method", method}}, kSeconds);
    histogram = held;
  }
  histogram->Observe(seconds(took));
}

void Metrics::gauge(const std::string& name, const std::string& help, std::map<std::string, std::string> labels,
                    std::function<double()> read) {
  state_->readings.push_back({name, help, std::move(labels), prometheus::MetricType::Gauge, std::move(read)});
}

void Metrics::counter(const std::string& name, const std::string& help, std::map<std::string, std::string> labels,
                      std::function<double()> read) {
  state_->readings.push_back({name, help, std::move(labels), prometheus::MetricType::Counter, std::move(read)});
}

std::unique_ptr<PluginMetrics::Shown> Metrics::show(std::vector<MetricSeries> series) {
  std::vector<Reading> readings;
  for (MetricSeries& one : series) {
    const bool counts = one.kind == MetricSeries::Kind::counter;
    readings.push_back({std::move(one.name), std::move(one.help), std::move(one.labels),
                        counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge, std::move(one.read)});
  }
  return std::make_unique<ShownSeries>(*state_, std::move(readings));
}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  for (const Reading& reading : state_->readings) append(families, sample(reading));
  {
    std::lock_guard lock(state_->shown_mutex);
    for (const auto& [owner, readings] : state_->shown) {
      for (const Reading& reading : readings) append(families, sample(reading));
    }
  }
  for (prometheus::MetricFamily& one : process_families()) families.push_back(std::move(one));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace stator
