#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "kernel/causality/copy.h"
#include "tests/causality/history_oracle.h"

namespace stator::model {

/// The rules under test, one by one, so that a liar replaces exactly one of them.
struct Rules {
  std::function<Record(Record, Record)> merge = [](Record a, Record b) {
    return stator::merge(std::move(a), std::move(b));
  };
  /// What the coordinator sends to the others.
  std::function<Record(const WriteEffect&)> shipped = [](const WriteEffect& effect) { return effect.copy.record; };
  bool unclean_restart_withdraws_marks = true;
};

struct Options {
  std::size_t nodes = 3;
  std::size_t w = 2;
  std::size_t clients = 3;
  std::size_t steps = 60;
  bool faults = true;  ///< lost messages, power cuts, wipes
};

/// One key on several pure replicas and clients that read and write it, all at random from a seed: messages are lost,
/// repeated and reordered, a power cut loses what was not synced, a disk is wiped. The oracle watches every step.
/// [serial]
class History {
 public:
  History(std::uint64_t seed, Rules rules, Options options);

  /// Runs, heals, and checks; what was violated, or nothing.
  std::optional<std::string> run();

 private:
  struct Replica {
    std::string node;
    Copy latest;   ///< as its memory has it
    Copy durable;  ///< as its disk has it
    Stamp incarnation;
    std::vector<WriteId> unsynced;  ///< writes to acknowledge at the next sync
    std::size_t breaks = 0;
  };
  struct Message {
    std::size_t to = 0;
    Record record;
    std::optional<WriteId> write;  ///< the write it replicates; none for a repair
  };
  struct Client {
    Context context;
    Observed observed;
  };

  std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_() % below); }
  Replica& any_replica() { return replicas_[pick(replicas_.size())]; }
  Stamp next_stamp() { return {++clock_}; }

  void step();
  void read(Client& client, std::size_t replicas);
  void write(Client& client, std::size_t coordinator, bool blind);
  void deliver();
  void sync(Replica& replica);
  void power_cut(Replica& replica);
  void restart_cleanly(Replica& replica);
  void wipe(std::size_t victim);
  void arrive(Replica& replica, const Record& record);
  void heal();
  bool minted_elsewhere(const Dot& dot) const;
  void check_context_sizes();

  std::mt19937_64 random_;
  const Rules rules_;
  const Options options_;
  std::uint64_t clock_ = 1000;
  std::vector<Replica> replicas_;
  std::deque<Message> messages_;
  std::vector<Client> clients_;
  Oracle oracle_;
};

}  // namespace stator::model
