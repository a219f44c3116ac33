#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/coordinator/keyspace.h"
#include "kernel/replica/reserve.h"
#include "tests/simulation/histories/fault_kind.h"
#include "tests/simulation/sim_network.h"

namespace stator::simulation {

/// Of the disks of those who look how full they are: some segments of the memtable's log.
inline constexpr Reserve kReserve{64 << 10, 16 << 10};

/// What clients do with the keys of a keyspace.
struct KeyspacePlan {
  KeyspaceRules rules;
  std::size_t keys = 8;
  bool blind_writes = false;  ///< some keys are also written without a context
};

/// A keyspace that holds a data type, which other clients use by its operations.
struct DataTypePlan {
  KeyspaceRules rules;
  std::string datatype;  ///< its plugin
  std::size_t keys = 2;
};

/// Everything about a history that is not an event of it.
struct Configuration {
  std::size_t nodes = 3;
  std::size_t clients = 8;
  std::vector<KeyspacePlan> keyspaces;  ///< the first is "default"
  std::vector<DataTypePlan> datatypes;
  NetworkFaults network;  ///< while faults last
  Duration longest_sync = std::chrono::milliseconds(3);
  Duration longest_notice{0};  ///< from a sync's end until the kernel hears of it
  bool memtable = true;        ///< else a map stands in for the disk, which is quicker and never torn
  std::size_t rounds = 1;
  Duration round = std::chrono::seconds(20);           ///< of faults; then all heals
  Duration repair_interval = std::chrono::seconds(2);  ///< of anti-entropy
  std::size_t disks_lost = 0;  ///< so many a round are wiped or restored, and every keyspace has a greater w
  bool collects = false;       ///< graces are short, so that tombstones and what has expired are collected meanwhile
  unsigned requests_a_second = 50;
  Duration least_gap{0};  ///< the longest time between two faults is no shorter
  Duration collect_interval = std::chrono::minutes(5);
  Duration begin_after{0};       ///< peers reach a node so long before it begins
  Duration scrub_period{0};      ///< all that is stored is read again once in it; zero: nothing
  bool reads_may_block = false;  ///< storages are read off the loops, as one larger than memory is
  std::chrono::milliseconds max_clock_skew{10'000};
  /// What is held back of every disk; none: nobody looks how full they are.
  std::optional<Reserve> reserve;
};

struct FaultStep {
  Duration at{0};  ///< from the beginning of its round
  FaultKind kind = FaultKind::pause;
  std::uint8_t round = 0;
  std::uint8_t node = 0;
  std::uint8_t other = 0;  ///< where the link ends that is cut
  Duration lasts{0};       ///< until it ends, or the node starts again
  /// Milliseconds of a clock or a timeout, permille of a loss, bytes that a full disk has left; a seed of tearing.
  std::int64_t amount = 0;
};

enum class RequestKind : std::uint8_t {
  read,
  write_back,   ///< with what the client has last seen of the key, be that old
  read_modify,  ///< a read, and a write of what it found
  remove,       ///< like write_back
  if_match,     ///< like write_back, to be refused if the key holds anything that the client has not seen
  blind,
  blind_remove,
  create_only,
  forged,  ///< with a context that this cluster did not issue for the key: to be refused
};

struct RequestStep {
  Duration at{0};
  RequestKind kind = RequestKind::read;
  std::uint8_t round = 0;
  std::uint8_t client = 0;
  std::uint8_t keyspace = 0;
  std::uint8_t node = 0;
  std::uint8_t retries = 0;  ///< of a write that failed: with its op id, at the nodes that follow
  std::uint16_t key = 0;
  std::uint32_t ttl_ms = 0;  ///< of the value that is written; 0: it stays
};

enum class OperationKind : std::uint8_t {
  read,
  update,  ///< with what the client has last seen of the key, be that old
  blind,
  remove,  ///< of the whole key, like update
  blind_remove,
};

struct OperationStep {
  Duration at{0};
  OperationKind kind = OperationKind::read;
  std::uint8_t round = 0;
  std::uint8_t client = 0;
  std::uint8_t keyspace = 0;  ///< among the data types
  std::uint8_t node = 0;
  std::uint8_t retries = 0;  ///< of an operation that failed: with its op id, at the nodes that follow
  std::uint16_t key = 0;
  std::uint64_t bits = 0;  ///< says which operation
};

/// One history as data: what the cluster is like, what goes wrong and what clients ask, each with its time. What chance
/// adds while it runs comes from the seed. Made from the seed alone; a shrunk plan is a part of one. A value.
struct Plan {
  std::uint64_t seed = 1;
  Configuration configuration;
  std::vector<FaultStep> faults;          ///< in the order of time within each round
  std::vector<RequestStep> requests;      ///< the same
  std::vector<OperationStep> operations;  ///< the same
};

struct PlanOptions {
  std::string directed;  ///< a plan of directed_plans.h; empty: by chance
  bool memtable = true;
  bool collects = false;   ///< else every other that has faults
  bool two_disks = false;  ///< two disks a round are lost; else one in half of those that have faults
  bool blocking = false;   ///< storages are read off the loops; else in one of six that have faults
  std::string datatype;    ///< the only one, of which nothing is known but what it says; empty: those of the tree
  bool datatypes = false;  ///< there are keyspaces of data types; else in one of four that have faults
  bool faults = true;      ///< else the network is quick and nothing goes wrong
  std::size_t nodes = 0;   ///< 0: 3 to 7, by the seed
  unsigned requests_a_second = 0;  ///< 0: by the seed
  Duration round{0};               ///< 0: by the seed
  Duration repair_interval{0};     ///< 0: by the seed
};

Plan make_plan(std::uint64_t seed, const PlanOptions& options);

const char* describe(RequestKind kind);
const char* describe(OperationKind kind);
/// A line each.
std::string describe(const Configuration& configuration);
std::string describe(const FaultStep& step);
std::string describe(const RequestStep& step);
std::string describe(const OperationStep& step);

}  // namespace stator::simulation
