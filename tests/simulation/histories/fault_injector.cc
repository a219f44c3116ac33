#include "tests/simulation/histories/fault_injector.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/replica/storage_keys.h"

namespace stator::simulation {

using std::chrono::milliseconds;

FaultInjector::FaultInjector(Parts parts, const NetworkFaults& network)
    : parts_(std::move(parts)), network_(network), machines_(parts_.cluster.size()) {
  for (Machine& machine : machines_) machine.breaks = 1;  // the first start follows no clean stop
}

void FaultInjector::begin_round() {
  disks_lost_ = 0;
  emptied_.reset();
  clock_debt_ = Duration(0);
  parts_.cluster.network().set_faults(network_);
}

void FaultInjector::later(Duration lasts, std::function<void()> end) {
  parts_.cluster.scheduler().after(lasts, [this, heals = heals_, end = std::move(end)] {
    if (heals == heals_) end();
  });
}

void FaultInjector::perform(const FaultStep& step) {
  if (parts_.chronicle.tracing()) parts_.chronicle.line("FAULT " + describe(step));
  parts_.chronicle.note(std::uint64_t{0xfa} << 56 | static_cast<std::uint64_t>(step.kind) << 8 | step.node);
  switch (step.kind) {
    case FaultKind::cut_one_way:
    case FaultKind::cut_split:
    case FaultKind::cut_bridge: return cut(step);
    case FaultKind::slow_node:
    case FaultKind::lossy_spell: return spoil_network(step);
    case FaultKind::pause:
    case FaultKind::power_cut:
    case FaultKind::power_cut_all:
    case FaultKind::kill:
    case FaultKind::clean_restart:
    case FaultKind::other_timeout: return stop_process(step);
    case FaultKind::keep_copy:
    case FaultKind::copy_at_rest: return copy_disk(step);
    case FaultKind::wipe:
    case FaultKind::restore_copy: return lose_disk(step);
    case FaultKind::damaged_byte: return damage_disk(step);
    case FaultKind::vanished_copy:
    case FaultKind::rotten_byte: return tamper(step);
    case FaultKind::torn_write:
    case FaultKind::sync_error:
    case FaultKind::write_error:
    case FaultKind::full_disk: return harm_disk(step);
    case FaultKind::clock_jump:
    case FaultKind::clock_drift: return change_clock(step);
  }
}

// --- The network ---

void FaultInjector::cut(const FaultStep& step) {
  parts_.chronicle.met(step.kind);
  const std::string& from = parts_.cluster[step.node].id();
  const std::string& to = parts_.cluster[step.other].id();
  parts_.cluster.network().cut(from, to);
  later(step.lasts, [this, &from, &to] { parts_.cluster.network().restore(from, to); });
}

void FaultInjector::spoil_network(const FaultStep& step) {
  parts_.chronicle.met(step.kind);
  SimNetwork& network = parts_.cluster.network();
  if (step.kind == FaultKind::slow_node) {
    const std::string& node = parts_.cluster[step.node].id();
    network.slow_down(node, step.lasts / 4);
    return later(step.lasts, [&network, &node] { network.slow_down(node, Duration(0)); });
  }
  NetworkFaults worse = network_;
  worse.drop_permille += static_cast<unsigned>(step.amount);
  worse.straggler_permille += static_cast<unsigned>(step.amount) / 4;
  worse.longest_straggle = std::max<Duration>(worse.longest_straggle, milliseconds(800));
  network.set_faults(worse);
  later(step.lasts, [this, &network] { network.set_faults(network_); });
}

// --- Processes ---

void FaultInjector::stop_process(const FaultStep& step) {
  const std::size_t node = step.node;
  if (step.kind == FaultKind::power_cut_all) {
    parts_.chronicle.met(step.kind);
    for (std::size_t each = 0; each < parts_.cluster.size(); ++each) {
      if (!parts_.cluster[each].up()) continue;
      down(each);
      parts_.cluster.cut_power(each);
      FaultStep of_one = step;
      of_one.node = static_cast<std::uint8_t>(each);
      restart_later(of_one);
    }
    return;
  }
  if (!steady(node)) return;
  parts_.chronicle.met(step.kind);
  if (step.kind == FaultKind::pause) {
    parts_.cluster[node].executor().pause();
    machines_[node].paused = true;
    return later(step.lasts, [this, node] {
      machines_[node].paused = false;
      if (parts_.cluster[node].up()) parts_.cluster[node].executor().resume();
    });
  }
  if (step.kind == FaultKind::clean_restart || step.kind == FaultKind::other_timeout) {
    if (step.kind == FaultKind::other_timeout) parts_.cluster[node].set_timeout(milliseconds(step.amount));
    end_cleanly(node);
  } else {
    down(node);
    step.kind == FaultKind::kill ? parts_.cluster.kill(node) : parts_.cluster.cut_power(node);
  }
  restart_later(step);
}

void FaultInjector::down(std::size_t node) {
  parts_.before_end(node);
  machines_[node].paused = false;
  machines_[node].stopped_cleanly = false;
}

void FaultInjector::end_cleanly(std::size_t node) {
  down(node);
  machines_[node].stopped_cleanly = parts_.cluster.stop(node).is_ok();
  if (!machines_[node].stopped_cleanly) parts_.chronicle.met(Seen::failed_stop);
}

void FaultInjector::restart_later(const FaultStep& step) {
  later(step.lasts, [this, node = step.node] { start(node); });
}

// A disk that was harmed may refuse; after a power cut it must not.
void FaultInjector::start(std::size_t node) {
  if (parts_.cluster[node].up()) return;
  Machine& machine = machines_[node];
  parts_.chronicle.met(machine.stopped_cleanly ? Seen::clean_start : Seen::unclean_start);
  // After a clean stop too marks are void until a peer confirms that nothing is missing here.
  ++machine.breaks;
  machine.stopped_cleanly = false;
  Status started = machine.damaged ? start_damaged(node) : parts_.cluster.start(node);
  if (started.code() == Code::storage_full) {
    make_room(node);
    started = parts_.cluster.start(node);
  }
  if (!started.is_ok() && machine.disk_broken) {
    parts_.cluster[node].disk().cut_power(node);
    machine.disk_broken = false;
    started = parts_.cluster.start(node);
  }
  machine.failed_in_this_life = machine.disk_broken || machine.disk_full;
  if (!started.is_ok())
    return parts_.chronicle.violated(parts_.cluster[node].id() + " does not start: " + started.text());
  machine.hints_found.clear();
  for (const auto& shard : parts_.cluster[node].node().shards()) {
    for (const auto& [target, hints] : shard->hints.targets())
      machine.hints_found[target] = hints.queue.bytes_by_keyspace();
  }
}

std::uint64_t FaultInjector::hints_found(std::size_t node, const std::string& target,
                                         const std::string& keyspace) const {
  const auto of_target = machines_[node].hints_found.find(target);
  if (of_target == machines_[node].hints_found.end()) return 0;
  const auto found = of_target->second.find(keyspace);
  return found == of_target->second.end() ? 0 : found->second;
}

// --- Disks ---

void FaultInjector::make_room(std::size_t node) {
  machines_[node].disk_full = false;
  parts_.cluster[node].disk().make_room();
}

void FaultInjector::copy_disk(const FaultStep& step) {
  const std::size_t node = step.node;
  if (!steady(node)) return;
  if (step.kind == FaultKind::copy_at_rest) {
    end_cleanly(node);
    restart_later(step);
    if (!machines_[node].stopped_cleanly) return;
  }
  parts_.chronicle.met(step.kind);
  parts_.cluster[node].disk().keep_copy();
}

void FaultInjector::lose_disk(const FaultStep& step) {
  const std::size_t node = step.node;
  parts_.chronicle.met(step.kind);
  if (parts_.cluster[node].up()) down(node);
  parts_.cluster.cut_power(node);  // of a node that is down too: what was to befall its disk is over
  take_disk_away(node, step.kind == FaultKind::wipe ? DiskOrigin::fresh : DiskOrigin::old);
  if (step.kind == FaultKind::wipe) {
    parts_.cluster.wipe(node);
  } else {
    parts_.cluster[node].disk().restore_copy();
  }
  restart_later(step);
}

void FaultInjector::take_disk_away(std::size_t node, DiskOrigin instead) {
  Machine& machine = machines_[node];
  machine.disk_broken = false;
  machine.stopped_cleanly = false;
  machine.damaged.reset();
  machine.disk = instead;
  lost_disks_.insert(node);
  if (instead == DiskOrigin::fresh) emptied_ = node;
  ++disks_lost_;
  ++machine.breaks;  // may be learnt of later than the start
  parts_.watch.forget_stamps(node);
}

void FaultInjector::damage_disk(const FaultStep& step) {
  const std::size_t node = step.node;
  if (!steady(node) || machines_[node].disk_broken) return;
  const std::uint64_t held = digest_of_data(node);
  down(node);
  parts_.cluster.kill(node);
  if (parts_.cluster[node].disk().damage(static_cast<std::uint64_t>(step.amount))) {
    parts_.chronicle.met(step.kind);
    machines_[node].damaged = held;
  }
  restart_later(step);
}

void FaultInjector::tamper(const FaultStep& step) {
  const std::size_t node = step.node;
  if (!steady(node)) return;
  Disk& disk = parts_.cluster[node].disk();
  const auto chosen = static_cast<std::uint64_t>(step.amount);
  bool done = false;
  if (step.kind == FaultKind::rotten_byte) {
    done = disk.damage(chosen);
  } else {
    std::vector<Bytes> keys;
    const auto gather = [&keys](BytesView key, BytesView) { return keys.emplace_back(key), true; };
    Storage& storage = parts_.cluster[node].node().stores().front()->storage();
    const bool gathered = storage.scan(data_key(0, 0, ""), data_end(0xffff, 0xffff), gather).is_ok() &&
                          storage.scan(rows_begin(0, 0), rows_end(0xffff, 0xffff), gather).is_ok();
    done = gathered && !keys.empty() && disk.change(keys[chosen % keys.size()], std::nullopt);
  }
  if (!done) return;
  parts_.chronicle.met(step.kind);
  machines_[node].tampered_with = true;
  ++machines_[node].breaks;
}

// Everything but what a start itself writes.
std::uint64_t FaultInjector::digest_of_data(std::size_t node) {
  Bytes all;
  const Status scanned = parts_.cluster[node].node().stores().front()->storage().scan(
      Bytes(1, '\1'), Bytes(), [&all](BytesView key, BytesView value) {
        all.append(key).append(value);
        return true;
      });
  return scanned.is_ok() ? record_digest(all) : 0;
}

// It refuses to go on from what it knows to be damaged, or has lost nothing.
Status FaultInjector::start_damaged(std::size_t node) {
  const std::uint64_t held = *std::exchange(machines_[node].damaged, std::nullopt);
  Status started = parts_.cluster.start(node);
  if (started.is_ok()) {
    if (digest_of_data(node) != held)
      parts_.chronicle.violated(parts_.cluster[node].id() + " starts from a damaged disk, and has lost what it held");
    return started;
  }
  if (started.code() != Code::data_loss) return started;
  take_disk_away(node, DiskOrigin::fresh);
  parts_.cluster.wipe(node);
  return parts_.cluster.start(node);
}

bool FaultInjector::losses_are_known() const {
  return std::all_of(lost_disks_.begin(), lost_disks_.end(), [this](std::size_t node) {
    if (machines_[node].disk == DiskOrigin::fresh) return true;
    SimNode& machine = parts_.cluster[node];
    if (!machine.up()) return false;
    const auto& keyspaces = machine.node().keyspaces();
    return std::all_of(keyspaces.begin(), keyspaces.end(),
                       [](const auto& entry) { return entry.second->authority->in_doubt(); });
  });
}

void FaultInjector::harm_disk(const FaultStep& step) {
  const std::size_t node = step.node;
  if (!steady(node) || machines_[node].disk_broken) return;
  parts_.chronicle.met(step.kind);
  machines_[node].commits_failed = machines_[node].failed_in_this_life = true;
  Disk& disk = parts_.cluster[node].disk();
  if (step.kind == FaultKind::full_disk) {
    machines_[node].disk_full = true;
    step.amount > 0 ? disk.leave_free(static_cast<std::uint64_t>(step.amount)) : disk.fill();
    return later(step.lasts, [this, node] { make_room(node); });
  }
  machines_[node].disk_broken = true;
  switch (step.kind) {
    case FaultKind::sync_error: disk.break_sync(); break;
    case FaultKind::write_error: disk.break_write(); break;
    default: disk.tear_next_write(static_cast<std::uint64_t>(step.amount)); break;
  }
  // Time to meet it; then the machine starts anew, and after a torn write without power between.
  later(step.lasts, [this, step, node] {
    if (!parts_.cluster[node].up() || !machines_[node].disk_broken) return;
    down(node);
    step.kind == FaultKind::sync_error&& step.lasts.count() % 2 == 0 ? parts_.cluster.kill(node)
                                                                     : parts_.cluster.cut_power(node);
    machines_[node].disk_broken = false;
    later(milliseconds(50), [this, node] { start(node); });
  });
}

// --- Clocks ---

void FaultInjector::set_clock(std::size_t node, std::int64_t offset) {
  parts_.cluster[node].set_wall_offset_ms(offset);
  parts_.watch.clock_is_ahead(node, offset);
  clock_debt_ = std::max<Duration>(clock_debt_, milliseconds(offset));
}

void FaultInjector::change_clock(const FaultStep& step) {
  parts_.chronicle.met(step.kind);
  const std::size_t node = step.node;
  if (step.kind == FaultKind::clock_drift) return drift(node, step.amount / 10, 10, step.lasts / 10);
  set_clock(node, step.amount);
  later(step.lasts, [this, node] { set_clock(node, 0); });
}

// It goes away from the true time step by step, and stays there.
void FaultInjector::drift(std::size_t node, std::int64_t offset, int steps_left, Duration each) {
  set_clock(node, offset * (11 - steps_left) / 2);
  if (steps_left == 1) return;
  later(each, [this, node, offset, steps_left, each] { drift(node, offset, steps_left - 1, each); });
}

// --- The end ---

void FaultInjector::heal() {
  ++heals_;
  SimNetwork& network = parts_.cluster.network();
  network.heal();
  network.set_faults({});
  for (std::size_t node = 0; node < parts_.cluster.size(); ++node) {
    SimNode& machine = parts_.cluster[node];
    network.slow_down(machine.id(), Duration(0));
    set_clock(node, 0);
    make_room(node);
    if (machine.up() && std::exchange(machines_[node].paused, false)) machine.executor().resume();
    if (std::exchange(machines_[node].disk_broken, false)) {
      if (machine.up()) down(node);
      parts_.cluster.cut_power(node);
    }
    start(node);
  }
  lost_disks_.clear();
}

}  // namespace stator::simulation
