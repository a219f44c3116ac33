#include "cli/bench/benchmark.h"

#include <algorithm>
#include <string>
#include <thread>

#include "cli/bench/cpu_meter.h"
#include "cli/bench/grpc_load.h"
#include "cli/bench/http_load.h"

namespace stator::cli {
namespace {

std::chrono::nanoseconds seconds(double count) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(count * 1e9));
}

/// The i-th of `parts` nearly equal parts of a whole begins here, and ends where the next one begins.
std::uint64_t part_begin(std::uint64_t whole, std::size_t i, std::size_t parts) { return whole * i / parts; }

Result<std::unique_ptr<Load>> make_load(const LoadOptions& options) {
  if (options.targets.front().scheme == "grpc") {
    return make_grpc_load(options);
  }
  return make_http_load(options);
}

/// What stood in the way, most frequent first.
std::string errors_text(const Tally& tally) {
  std::vector<std::pair<std::uint64_t, std::string>> errors;
  for (const auto& [kind, count] : tally.errors) {
    errors.emplace_back(count, kind);
  }
  std::sort(errors.rbegin(), errors.rend());
  std::string text;
  for (const auto& [count, kind] : errors) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " x " + kind;
  }
  return text.empty() ? "no answer" : text;
}

}  // namespace

Result<Benchmark> Benchmark::create(const BenchOptions& options) {
  Benchmark benchmark(options);
  const auto threads = static_cast<std::size_t>(options.threads);
  for (std::size_t i = 0; i < threads; ++i) {
    LoadOptions share = options.load;
    const auto connections = static_cast<std::uint64_t>(options.load.connections);
    share.connections = static_cast<int>(part_begin(connections, i + 1, threads) - part_begin(connections, i, threads));
    auto& targets = share.targets;  // each thread begins with another one, or the first would get every odd connection
    std::rotate(targets.begin(), targets.begin() + static_cast<std::ptrdiff_t>(i % targets.size()), targets.end());
    auto load = make_load(share);
    if (!load.is_ok()) {
      return load.status();
    }
    benchmark.loads_.push_back(std::move(*load));
  }
  return benchmark;
}

KeyChooser::Options Benchmark::keys_of(std::size_t thread) const {
  KeyChooser::Options keys = options_.keys;
  keys.seed = Random(options_.seed + thread).bits();
  return keys;
}

Status Benchmark::run_all(std::vector<Schedule>& schedules) {
  std::vector<Status> outcomes(loads_.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    threads.emplace_back([&, i] { outcomes[i] = loads_[i]->run(schedules[i]); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const Status& outcome : outcomes) {
    if (!outcome.is_ok()) {
      return outcome;
    }
  }
  return Status::ok();
}

Status Benchmark::preload() {
  std::vector<Schedule> schedules;
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    KeyChooser::Options keys = keys_of(i);
    keys.distribution = Distribution::sequential;
    keys.first = part_begin(keys.keys, i, loads_.size());
    Plan plan{.start = now_is(), .measured_from = Instant::min(), .patience = options_.load.timeout};
    plan.limit = part_begin(keys.keys, i + 1, loads_.size()) - keys.first;
    schedules.emplace_back(plan, KeyChooser(keys));
  }
  if (Status status = run_all(schedules); !status.is_ok()) {
    return status;
  }
  Tally tally;
  for (const Schedule& schedule : schedules) {
    tally.merge(schedule.tally());
  }
  if (tally.writes.count() < options_.keys.keys) {
    return {Code::unavailable, "only " + std::to_string(tally.writes.count()) + " of " +
                                   std::to_string(options_.keys.keys) + " keys were written: " + errors_text(tally)};
  }
  return Status::ok();
}

Result<BenchReport> Benchmark::run() {
  std::vector<KeyChooser> choosers;  // before the clock starts: a zipfian one takes its time
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    choosers.emplace_back(keys_of(i));
  }
  Plan plan{.start = now_is()};
  plan.measured_from = plan.start + seconds(options_.warmup);
  plan.end = plan.measured_from + seconds(options_.seconds);
  plan.rate = options_.rate / static_cast<double>(loads_.size());
  plan.read_share = effective_read_share(options_);
  std::vector<Schedule> schedules;
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    plan.seed = Random(~options_.seed + i).bits();
    schedules.emplace_back(plan, choosers[i]);
  }

  Status outcome;
  std::thread threads([&] { outcome = run_all(schedules); });
  std::this_thread::sleep_until(plan.measured_from);
  const auto meter = CpuMeter::start(options_.pids);
  threads.join();
  if (!outcome.is_ok() || !meter.is_ok()) {
    return outcome.is_ok() ? meter.status() : outcome;
  }

  BenchReport report;
  Instant last = plan.end;
  for (const Schedule& schedule : schedules) {
    report.tally.merge(schedule.tally());
    last = std::max(last, schedule.last_finish());
  }
  report.seconds = std::chrono::duration<double>(last - plan.measured_from).count();
  if (!options_.pids.empty()) {
    const auto used = meter->used();
    if (!used.is_ok()) {
      return used.status();
    }
    report.cpu = *used;
  }
  return report;
}

}  // namespace stator::cli
