#include "cli/bench/report.h"

#include <cstdio>
#include <ostream>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/table.h"

namespace stator::cli {
namespace {

using Json = nlohmann::ordered_json;

/// "12.3" with the given digits after the point.
std::string fixed(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

/// "1,234,567"
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

double us(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

/// A latency with a unit that suits it.
std::string latency(double microseconds) {
  if (microseconds < 1e3) {
    return fixed(microseconds, 0) + " us";
  }
  return microseconds < 1e6 ? fixed(microseconds / 1e3, 2) + " ms" : fixed(microseconds / 1e6, 2) + " s";
}

void add_row(Table& table, const std::string& name, const Histogram& histogram) {
  if (histogram.count() == 0) {
    return;
  }
  std::vector<std::string> row{name, grouped(histogram.count()), latency(histogram.mean() / 1e3)};
  for (const double q : {0.5, 0.9, 0.99, 0.999}) {
    row.push_back(latency(us(histogram.quantile(q))));
  }
  row.push_back(latency(us(histogram.max())));
  table.add(std::move(row));
}

Histogram all_of(const Tally& tally) {
  Histogram all = tally.reads;
  all.merge(tally.writes);
  return all;
}

std::string heading(const BenchOptions& options) {
  const LoadOptions& load = options.load;
  std::string text = options.op;
  if (options.op == "mix") {
    text += " (" + fixed(options.read_share * 100, 0) + " % reads)";
  }
  text += " over " + load.targets.front().scheme + ", " + std::to_string(load.connections) + " in flight to " +
          std::to_string(load.targets.size()) + " target(s), " + grouped(options.keys.keys) + " keys (" +
          (options.keys.distribution == Distribution::zipfian ? "zipfian " + fixed(options.keys.theta, 2) : "uniform") +
          "), " + std::to_string(load.value_bytes) + "-byte values, ";
  return text + (options.rate > 0 ? "open loop at " + fixed(options.rate, 0) + "/s" : "closed loop");
}

Json latency_json(const Histogram& histogram) {
  return {{"count", histogram.count()},          {"mean", histogram.mean() / 1e3},
          {"p50", us(histogram.quantile(0.5))},  {"p90", us(histogram.quantile(0.9))},
          {"p99", us(histogram.quantile(0.99))}, {"p99_9", us(histogram.quantile(0.999))},
          {"max", us(histogram.max())}};
}

Json options_json(const BenchOptions& options) {
  Json targets = Json::array();
  for (const Endpoint& endpoint : options.load.targets) {
    targets.push_back(endpoint.text());
  }
  const bool zipfian = options.keys.distribution == Distribution::zipfian;
  return {{"targets", targets},
          {"op", options.op},
          {"read_share", effective_read_share(options)},
          {"connections", options.load.connections},
          {"threads", options.threads},
          {"keys", options.keys.keys},
          {"distribution", zipfian ? "zipfian" : "uniform"},
          {"theta", zipfian ? Json(options.keys.theta) : Json(nullptr)},
          {"value_bytes", options.load.value_bytes},
          {"keyspace", options.load.keyspace},
          {"rate", options.rate > 0 ? Json(options.rate) : Json(nullptr)}};
}

}  // namespace

std::optional<double> BenchReport::cpu_us_per_operation() const {
  if (!cpu || tally.answered() == 0) {
    return std::nullopt;
  }
  std::chrono::microseconds sum{0};
  for (const auto used : *cpu) {
    sum += used;
  }
  return static_cast<double>(sum.count()) / static_cast<double>(tally.answered());
}

void print_text(const BenchReport& report, const BenchOptions& options, std::ostream& out) {
  const Tally& tally = report.tally;
  out << heading(options) << "\n\n"
      << "throughput  " << grouped(static_cast<std::uint64_t>(report.throughput())) << " operations/s  ("
      << grouped(tally.answered()) << " in " << fixed(report.seconds, 2) << " s)\n";
  if (tally.missing > 0) {
    out << "missing     " << grouped(tally.missing) << " reads found no such key; --preload writes every key first\n";
  }
  if (tally.unsent > 0) {
    out << "unsent      " << grouped(tally.unsent)
        << " requests were due and found no free connection before the end; their wait is in no figure below\n";
  }
  if (const auto cpu = report.cpu_us_per_operation()) {
    out << "server CPU  " << fixed(*cpu, 1) << " us per operation, all servers together\n";
  }
  if (tally.failed > 0) {
    out << "failed      " << grouped(tally.failed) << " operations\n";
  }
  for (const auto& [kind, count] : tally.errors) {
    out << "error       " << grouped(count) << " x " << kind << '\n';
  }
  out << '\n';
  using enum Table::Align;
  Table table({{"latency", left},
               {"count", right},
               {"mean", right},
               {"p50", right},
               {"p90", right},
               {"p99", right},
               {"p99.9", right},
               {"max", right}});
  add_row(table, "read", tally.reads);
  add_row(table, "write", tally.writes);
  if (tally.reads.count() > 0 && tally.writes.count() > 0) {
    add_row(table, "both", all_of(tally));
  }
  table.print(out);
}

void print_json(const BenchReport& report, const BenchOptions& options, std::ostream& out) {
  const Tally& tally = report.tally;
  Json document = options_json(options);
  document["seconds"] = report.seconds;
  document["operations"] = tally.answered();
  document["throughput"] = report.throughput();
  document["latency_us"] = latency_json(all_of(tally));
  document["reads_us"] = latency_json(tally.reads);
  document["writes_us"] = latency_json(tally.writes);
  document["missing"] = tally.missing;
  document["failed"] = tally.failed;
  document["unsent"] = tally.unsent;
  document["errors"] = Json::object();
  for (const auto& [kind, count] : tally.errors) {
    document["errors"][kind] = count;
  }
  const auto cpu = report.cpu_us_per_operation();
  document["server_cpu_us_per_operation"] = cpu ? Json(*cpu) : Json(nullptr);
  out << document.dump() << '\n';
}

}  // namespace stator::cli
