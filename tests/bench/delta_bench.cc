// What adding one element to a set costs, by the size of the set: three replicas in a simulated cluster, every add
// acknowledged by all. Once as programs do it that know deltas, and once as with older ones, which send whole records.
//
//   delta_bench [size…]    by default 10, 100 … 100000 elements
//
// Prints for each size, for one add: bytes between the replicas, bytes handed over to the three disks, and milliseconds
// of processor time for all three nodes. A measurement, not a test: nothing is asserted.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "tests/simulation/cluster.h"
#include "tests/simulation/datatype_plugins.h"

namespace stator::simulation {
namespace {

constexpr std::size_t kAdds = 20;

PutRequest operation(const std::string& name, const std::string& rest) {
  PutRequest request;
  request.head.keyspace = "sets";
  request.head.key = "k";
  request.head.quorum = 3;
  request.operation = {name, R"({"op":")" + name + R"(",)" + rest + "}"};
  return request;
}

std::string element(std::size_t number) { return "\"element-" + std::to_string(1'000'000 + number) + "\""; }

class Set {
 public:
  Set(std::size_t size, bool deltas) : cluster_(options()) {
    must(operation("add", R"("element":"first")"));
    for (std::size_t from = 0; !deltas && from < cluster_.size(); ++from) {
      Hello older = cluster_[from].node().hello();
      older.deltas = false;
      for (std::size_t to = 0; to < cluster_.size(); ++to) cluster_[to].node().agreements().meet(older);
    }
    for (std::size_t made = 1; made < size;) {
      std::string elements;
      for (std::size_t more = 0; more < 5000 && made < size; ++more, ++made)
        elements += (elements.empty() ? "" : ",") + element(made);
      must(operation("add_all", R"("elements":[)" + elements + "]"));
    }
    cluster_.network().set_watch(
        [this](const std::string&, const std::string&, const Frame& request) { sent_ += request->size(); });
    for (std::size_t node = 0; node < cluster_.size(); ++node) {
      cluster_[node].set_commit_watch([this](const Commit& commit) {
        logged_ += commit.key.size() + commit.value.size();
        for (const auto& [key, row] : commit.rows) logged_ += key.size() + (row ? row->size() : 0);
      });
    }
  }

  void measure(std::size_t size, const char* how) {
    const std::clock_t begun = std::clock();
    for (std::size_t i = 0; i < kAdds; ++i) must(operation("add", R"("element":)" + element(2'000'000 + i)));
    const double millis = static_cast<double>(std::clock() - begun) * 1000 / CLOCKS_PER_SEC;
    std::printf("%8zu  %-7s  %12llu  %12llu  %10.3f\n", size, how, static_cast<unsigned long long>(sent_ / kAdds),
                static_cast<unsigned long long>(logged_ / kAdds), millis / kAdds);
    std::fflush(stdout);
  }

 private:
  static ClusterOptions options() {
    ClusterOptions options;
    options.others.emplace_back();
    options.others.back().name = "sets";
    options.setup.datatypes = {{"sets", datatype("add_wins_set")}};
    return options;
  }
  void must(PutRequest request) {
    const Outcome<PutResult> outcome = cluster_.put(0, std::move(request));
    if (outcome.is_ok()) return;
    std::fprintf(stderr, "%s\n", outcome.failure().status.text().c_str());
    std::exit(1);
  }

  Cluster cluster_;
  std::uint64_t sent_ = 0;
  std::uint64_t logged_ = 0;
};

}  // namespace
}  // namespace stator::simulation

int main(int argc, char** argv) {
  std::vector<std::size_t> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::strtoull(argv[i], nullptr, 10));
  if (sizes.empty()) sizes = {10, 100, 1000, 10'000, 100'000};
  std::printf("%8s  %-7s  %12s  %12s  %10s\n", "elements", "sent", "wire bytes", "disk bytes", "CPU ms");
  for (const std::size_t size : sizes) {
    for (const bool deltas : {false, true})
      stator::simulation::Set(size, deltas).measure(size, deltas ? "deltas" : "records");
  }
  return 0;
}
