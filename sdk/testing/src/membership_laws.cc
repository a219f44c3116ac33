#include "stator/testing/membership_laws.h"

#include <algorithm>
#include <exception>
#include <map>
#include <random>
#include <utility>

#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"

namespace stator::testing {
namespace {

using Violations = std::vector<std::string>;

/// Several nodes of one membership on one virtual clock. Messages are late, lost and out of order, by the seed.
class Cluster {
 public:
  explicit Cluster(const MembershipUnderTest& subject)
      : subject_(subject), host_(files_, {.seed = subject.seed}), random_(subject.seed) {
    for (int i = 0; i < subject.nodes; ++i) {
      std::string id = "node-" + std::string(1, static_cast<char>('a' + i));
      configured_.push_back({.id = id, .addresses = {{"tcp", id + ":7071"}}, .zone = "", .incarnation = 0});
    }
    // Not the order of ids: nobody promised one.
    std::shuffle(configured_.begin(), configured_.end(), random_);
    for (const Member& member : configured_) seats_.push_back(std::make_unique<Seat>(*this, member.id));
  }
  ~Cluster() { stop(); }

  /// One node, as the kernel would hold it.
  struct Seat final : Links {
    Seat(Cluster& cluster, std::string id) : cluster(cluster), id(std::move(id)), membership(cluster.make()) {}
    void send(const std::string& node, Bytes message) override { cluster.deliver(id, node, std::move(message)); }
    Cluster& cluster;
    const std::string id;
    std::unique_ptr<Membership> membership;
    bool starting = false;
    bool stopped = false;
    bool called_in_start = false;
    bool called_after_stop = false;
  };

  void start() {
    for (auto& seat : seats_) {
      seat->starting = true;
      attempt("start", *seat, [&] {
        Status status = seat->membership->start(seat->id, configured_, *seat, [at = seat.get()] { changed(*at); });
        if (!status.is_ok()) blame(*seat, "did not start: " + status.text());
      });
      seat->starting = false;
    }
  }
  /// Runs `each` at every step of the time.
  template <typename Each>
  void run_for(Duration span, Each each) {
    constexpr Duration kStep = std::chrono::milliseconds(100);
    for (Duration passed{0}; passed < span && violations_.empty(); passed += kStep) {
      host_.advance(kStep);
      host_.run_all();
      each();
    }
  }
  void run_for(Duration span) {
    run_for(span, [] {});
  }
  void stop() {
    for (auto& seat : seats_) {
      for (int twice = 0; twice < 2; ++twice) attempt("stop", *seat, [&] { seat->membership->stop(); });
      seat->stopped = true;
    }
  }
  /// Hands a node bytes in the name of another, whatever they are.
  void receive(Seat& seat, const std::string& from, BytesView message) {
    attempt("receive", seat, [&] { seat.membership->receive(from, message); });
  }
  std::vector<Member> members(Seat& seat) {
    std::vector<Member> listed;
    attempt("members", seat, [&] { listed = seat.membership->members(); });
    return listed;
  }
  void blame(const Seat& seat, const std::string& what) {
    constexpr std::size_t kMost = 5;
    if (violations_.size() < kMost)
      violations_.push_back("seed " + std::to_string(subject_.seed) + ", " + seat.id + ": " + what);
  }

  std::vector<std::unique_ptr<Seat>>& seats() { return seats_; }
  const std::vector<Member>& configured() const { return configured_; }
  const std::vector<Bytes>& overheard() const { return overheard_; }
  std::mt19937_64& random() { return random_; }
  const Violations& violations() const { return violations_; }

 private:
  std::unique_ptr<Membership> make() { return subject_.make(host_); }
  static void changed(Seat& seat) {
    if (seat.starting) seat.called_in_start = true;
    if (seat.stopped) seat.called_after_stop = true;
  }
  void deliver(const std::string& from, const std::string& to, Bytes message) {
    if (overheard_.size() < 100) overheard_.push_back(message);
    if (random_() % 100 < static_cast<std::uint64_t>(subject_.loss_percent)) return;
    auto late = std::chrono::milliseconds(random_() % 300);
    host_.after(late, [this, from, to, message = std::move(message)] {
      for (auto& seat : seats_) {
        if (seat->id == to && !seat->stopped) receive(*seat, from, message);
      }
    });
  }
  template <typename Call>
  void attempt(const std::string& name, Seat& seat, Call call) {
    try {
      call();
    } catch (const std::exception& fault) {
      blame(seat, name + " threw " + fault.what());
    } catch (...) {
      blame(seat, name + " threw an exception that is not a std::exception");
    }
  }

  const MembershipUnderTest& subject_;
  ModelledDisk disk_;
  ModelledFiles files_{disk_};
  FakeHost host_;
  std::mt19937_64 random_;
  std::vector<Member> configured_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::vector<Bytes> overheard_;
  Violations violations_;
};

constexpr Duration kWhile = std::chrono::seconds(30);

bool lists(const std::vector<Member>& members, const std::string& id) {
  return std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.id == id; });
}

void expect_self(Cluster& cluster) {
  for (auto& seat : cluster.seats()) {
    if (!lists(cluster.members(*seat), seat->id)) cluster.blame(*seat, "does not list itself");
  }
}

Violations lists_itself(const MembershipUnderTest& subject) {
  Cluster cluster(subject);
  cluster.start();
  expect_self(cluster);
  cluster.run_for(kWhile, [&] { expect_self(cluster); });
  return cluster.violations();
}

Violations lists_in_order(const MembershipUnderTest& subject) {
  Cluster cluster(subject);
  cluster.start();
  cluster.run_for(kWhile, [&] {
    for (auto& seat : cluster.seats()) {
      std::vector<Member> members = cluster.members(*seat);
      auto not_before = [](const Member& a, const Member& b) { return a.id >= b.id; };
      if (std::adjacent_find(members.begin(), members.end(), not_before) != members.end()) {
        cluster.blame(*seat, "lists members twice or not ascending by id");
      }
    }
  });
  return cluster.violations();
}

Violations calls_back_outside_start(const MembershipUnderTest& subject) {
  Cluster cluster(subject);
  cluster.start();
  for (auto& seat : cluster.seats()) {
    if (seat->called_in_start) cluster.blame(*seat, "called back inside start");
  }
  return cluster.violations();
}

Violations converges_over_a_lossy_link(const MembershipUnderTest& subject) {
  Cluster cluster(subject);
  cluster.start();
  std::string missing;
  auto look = [&] {
    missing.clear();
    for (auto& seat : cluster.seats()) {
      std::vector<Member> members = cluster.members(*seat);
      for (const Member& wanted : cluster.configured()) {
        auto at =
            std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.id == wanted.id; });
        if (wanted.id == seat->id) continue;  // that is another law
        bool good = at != members.end() && at->state == MemberState::alive && at->addresses == wanted.addresses;
        if (!good) missing += " " + seat->id + " lacks " + wanted.id + " alive;";
      }
    }
  };
  look();
  for (Duration passed{0}; passed < subject.patience && !missing.empty(); passed += kWhile)
    cluster.run_for(kWhile, look);
  if (!missing.empty()) cluster.blame(*cluster.seats().front(), "no agreement:" + missing);
  return cluster.violations();
}

Violations incarnations_never_go_back(const MembershipUnderTest& subject) {
  Cluster cluster(subject);
  std::map<std::pair<std::string, std::string>, std::uint64_t> greatest;
  cluster.start();
  cluster.run_for(kWhile, [&] {
    for (auto& seat : cluster.seats()) {
      for (const Member& member : cluster.members(*seat)) {
        std::uint64_t& seen = greatest[{seat->id, member.id}];
        if (member.incarnation < seen) {
          cluster.blame(*seat, "shows incarnation " + std::to_string(member.incarnation) + " of " + member.id +
                                   " after " + std::to_string(seen));
        }
        seen = std::max(seen, member.incarnation);
      }
    }
  });
  return cluster.violations();
}

Violations bears_any_message(const MembershipUnderTest& subject) {
  Cluster cluster(subject);
  cluster.start();
  cluster.run_for(kWhile);
  auto& random = cluster.random();
  for (int i = 0; i < 1000; ++i) {
    Bytes message(random() % 64, '\0');
    if (i % 2 == 0 && !cluster.overheard().empty())
      message = cluster.overheard()[random() % cluster.overheard().size()];
    for (char& byte : message) {
      if (i % 2 != 0 || random() % 8 == 0) byte = static_cast<char>(random());
    }
    auto& seat = *cluster.seats()[random() % cluster.seats().size()];
    cluster.receive(seat, "node-" + std::string(1, static_cast<char>('a' + random() % 8)), message);
  }
  for (auto& seat : cluster.seats()) cluster.members(*seat);
  return cluster.violations();
}

Violations is_silent_after_stop(const MembershipUnderTest& subject) {
  Cluster cluster(subject);
  cluster.start();
  cluster.run_for(kWhile);
  cluster.stop();
  cluster.run_for(kWhile);
  for (auto& seat : cluster.seats()) {
    if (seat->called_after_stop) cluster.blame(*seat, "called back after stop");
  }
  return cluster.violations();
}

constexpr MembershipLaw kLaws[] = {
    {"ListsItself", "self is always listed", lists_itself},
    {"ListsInOrder", "members are listed once each, ascending by id", lists_in_order},
    {"CallsBackOutsideStart", "on_change is never called inside start", calls_back_outside_start},
    {"ConvergesOverALossyLink", "in the end every node lists every configured node, alive",
     converges_over_a_lossy_link},
    {"IncarnationsNeverGoBack", "an incarnation never goes back", incarnations_never_go_back},
    {"BearsAnyMessage", "any bytes may be received", bears_any_message},
    {"IsSilentAfterStop", "stop may be called twice, and nothing is called back after it", is_silent_after_stop},
};

}  // namespace

std::span<const MembershipLaw> membership_laws() { return kLaws; }

}  // namespace stator::testing
