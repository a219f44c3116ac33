#include <cstdio>

#include "tests/simulation/histories/plan.h"

namespace stator::simulation {
namespace {

std::string seconds_of(Duration time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", std::chrono::duration<double>(time).count());
  return text;
}

std::string node_of(std::size_t node) { return std::string("node-") + static_cast<char>('a' + node); }

}  // namespace

const char* describe(RequestKind kind) {
  switch (kind) {
    case RequestKind::read: return "read";
    case RequestKind::write_back: return "write_back";
    case RequestKind::read_modify: return "read_modify";
    case RequestKind::remove: return "remove";
    case RequestKind::if_match: return "if_match";
    case RequestKind::blind: return "blind";
    case RequestKind::blind_remove: return "blind_remove";
    case RequestKind::create_only: return "create_only";
    case RequestKind::forged: return "forged";
  }
  return "";
}

const char* describe(OperationKind kind) {
  switch (kind) {
    case OperationKind::read: return "read";
    case OperationKind::update: return "update";
    case OperationKind::blind: return "blind update";
    case OperationKind::remove: return "remove";
    case OperationKind::blind_remove: return "blind remove";
  }
  return "";
}

std::string describe(const Configuration& configuration) {
  std::string text = std::to_string(configuration.nodes) + " nodes, " + std::to_string(configuration.clients) +
                     " clients, " + std::to_string(configuration.rounds) + " rounds of " +
                     seconds_of(configuration.round) + " s, " + (configuration.memtable ? "memtable" : "map") +
                     ", sync up to " + seconds_of(configuration.longest_sync) + " s and noticed up to " +
                     seconds_of(configuration.longest_notice) + " s later, repair every " +
                     seconds_of(configuration.repair_interval) + " s" +
                     (configuration.disks_are_lost ? ", a disk a round is lost" : "");
  if (configuration.collects)
    text += ", tombstones go after " + seconds_of(configuration.keyspaces.front().rules.tombstone_grace) +
            " s or more, looked for every " + seconds_of(configuration.collect_interval) + " s; clocks differ by " +
            seconds_of(configuration.max_clock_skew) + " s at most";
  if (configuration.reads_may_block) text += ", reads may block";
  if (configuration.reserve) text += ", of every disk a part is held back";
  if (configuration.begin_after > Duration(0))
    text += ", nodes are reached " + seconds_of(configuration.begin_after) + " s before they begin";
  for (const KeyspacePlan& keyspace : configuration.keyspaces) {
    text += "\n  keyspace " + keyspace.rules.name + ": n=" + std::to_string(keyspace.rules.n) +
            " r=" + std::to_string(keyspace.rules.r) + " w=" + std::to_string(keyspace.rules.w) +
            (keyspace.rules.sloppy ? " sloppy, " : " strict, ") + std::to_string(keyspace.keys) + " keys" +
            (keyspace.blind_writes ? ", half of them also written blindly" : "") + ", timeout " +
            seconds_of(keyspace.rules.timeout) + " s, hints for a node in " +
            std::to_string(keyspace.rules.hint_bytes) + " bytes and " + seconds_of(keyspace.rules.hint_window) + " s";
  }
  for (const DataTypePlan& keyspace : configuration.datatypes) {
    text += "\n  keyspace " + keyspace.rules.name + (keyspace.rules.sloppy ? ": sloppy, " : ": strict, ") +
            std::to_string(keyspace.keys) + " keys of that data type";
  }
  const NetworkFaults& network = configuration.network;
  text += "\n  network: loses " + std::to_string(network.drop_permille) + ", repeats " +
          std::to_string(network.duplicate_permille) + ", holds back " + std::to_string(network.straggler_permille) +
          " in 1000 frames for up to " + seconds_of(network.longest_straggle) + " s; delays up to " +
          seconds_of(network.longest_delay) + " s";
  return text;
}

std::string describe(const FaultStep& step) {
  std::string text = "round " + std::to_string(step.round) + " " + seconds_of(step.at) +
                     " s: " + std::string(name_of(step.kind)) + " " + node_of(step.node);
  const bool link =
      step.kind == FaultKind::cut_one_way || step.kind == FaultKind::cut_split || step.kind == FaultKind::cut_bridge;
  if (link) text += ">" + node_of(step.other);
  text += " for " + seconds_of(step.lasts) + " s";
  if (step.amount != 0) text += ", " + std::to_string(step.amount);
  return text;
}

std::string describe(const RequestStep& step) {
  return "round " + std::to_string(step.round) + " " + seconds_of(step.at) + " s: client " +
         std::to_string(step.client) + " " + describe(step.kind) + " keyspace " + std::to_string(step.keyspace) +
         " key " + std::to_string(step.key) + " at " + node_of(step.node) +
         (step.ttl_ms > 0 ? " for " + std::to_string(step.ttl_ms) + " ms" : "") +
         (step.retries > 0 ? ", tried up to " + std::to_string(step.retries + 1) + " times" : "");
}

std::string describe(const OperationStep& step) {
  return "round " + std::to_string(step.round) + " " + seconds_of(step.at) + " s: client " +
         std::to_string(step.client) + " " + describe(step.kind) + " data type " + std::to_string(step.keyspace) +
         " key " + std::to_string(step.key) + " at " + node_of(step.node) +
         (step.retries > 0 ? ", tried up to " + std::to_string(step.retries + 1) + " times" : "");
}

}  // namespace stator::simulation
