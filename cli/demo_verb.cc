#include <ostream>

#include "cli/demo/demo.h"
#include "cli/own_path.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

void tell_how_started(const LocalCluster& cluster, std::ostream& out) {
  out << "\nconfiguration " << cluster.config() << '\n';
  for (std::size_t i = 0; i < LocalCluster::kNodes; ++i) {
    out << "$ " << cluster.command_text(i) << "  # process " << cluster.pid(i) << ", log " << cluster.log(i) << '\n';
  }
}

void tell_how_to_stop(const LocalCluster& cluster, std::ostream& out) {
  out << "\nThe nodes run on. To end them:\n  kill";
  for (std::size_t i = 0; i < LocalCluster::kNodes; ++i) {
    out << ' ' << cluster.pid(i);
  }
  out << " && rm -r " << cluster.directory() << '\n';
}

Status start_all(LocalCluster& cluster) {
  for (std::size_t i = 0; i < LocalCluster::kNodes; ++i) {
    if (Status status = cluster.start(i); !status.is_ok()) {
      return status;
    }
  }
  return cluster.wait_until_connected();
}

ExitCode show_status(const LocalCluster& cluster, Terminal& terminal) {
  terminal.out << "\nThe cluster at the end, by \"stator status\":\n\n";
  return run(StatusOptions{.nodes = {cluster.http(0)}}, terminal);
}

}  // namespace

ExitCode run(const DemoOptions& options, Terminal& terminal) {
  terminal.out << "Three nodes of one cluster start on this machine: n=3 replicas of each key, r=2, w=2.\n"
               << std::flush;
  const auto made = LocalCluster::create(own_directory() + "/statord", options.keep);
  if (!made.is_ok()) {
    return fail(terminal, made.status());
  }
  LocalCluster& cluster = **made;
  Status status = start_all(cluster);
  if (options.verbose) {
    tell_how_started(cluster, terminal.out);
  }
  if (status.is_ok()) {
    status = Demo(cluster, terminal).walk();
  }
  ExitCode code = status.is_ok() ? show_status(cluster, terminal) : fail(terminal, status);
  if (options.keep) {
    tell_how_to_stop(cluster, terminal.out);
  }
  return code;
}

}  // namespace stator::cli
