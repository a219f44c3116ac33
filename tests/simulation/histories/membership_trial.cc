#include "tests/simulation/histories/membership_trial.h"

#include <algorithm>
#include <utility>

#include "kernel/invariant.h"
#include "kernel/plugins/guards.h"
#include "tests/simulation/sim_host.h"

namespace stator::simulation {
namespace {

constexpr Duration kLongestAgreement = std::chrono::seconds(120);
constexpr const char* kDirectory = "/cluster";
constexpr const char* kMembersFile = "/cluster/members";

const char* name_of(MemberState state) {
  switch (state) {
    case MemberState::alive: return "alive";
    case MemberState::suspect: return "suspect";
    case MemberState::dead: return "dead";
    case MemberState::left: return "gone for good";
  }
  return "";
}

void write_members(testing::ModelledDisk& disk, const std::vector<Member>& members) {
  Bytes text;
  for (const Member& member : members) text += member.id + "\n";
  testing::ModelledFiles files(disk);
  const Status made = files.create_directory(kDirectory);
  auto file = files.open(kMembersFile, OpenMode::create);
  STATOR_INVARIANT(made.is_ok() && file.is_ok() && (*file)->write(0, text).is_ok(), "a modelled disk takes a file");
}

}  // namespace

/// One instance in one life of a node, with the host it needs.
class MembershipTrial::Hosted final : public Membership {
 public:
  Hosted(MembershipTrial& trial, std::string self, SimExecutor& executor, testing::ModelledDisk& disk,
         std::uint64_t seed)
      : trial_(trial), self_(std::move(self)), files_(disk), host_(executor, files_, seed) {}
  ~Hosted() override {
    Hosted::stop();
    guard_.reset();
    note_errors();
  }

  Status start(const std::string& self, std::vector<Member> configured, Links& links, OnChange on_change) override {
    Result<std::unique_ptr<MembershipGuard>> made =
        make_membership(trial_.tried_.plugin(), host_, trial_.tried_.config());
    if (!made.is_ok()) return made.status();
    guard_ = std::move(*made);
    return guard_->start(self, std::move(configured), links, [this, on_change = std::move(on_change)] {
      if (stopped_ && !trial_.finding_) trial_.finding_ = "on " + self_ + " it calls back after stop";
      if (!stopped_) on_change();
    });
  }
  std::vector<Member> members() const override { return guard_->members(); }
  void receive(const std::string& from, BytesView message) override { guard_->receive(from, message); }
  void leave() override { guard_->leave(); }
  void stop() override {
    if (guard_) guard_->stop();
    stopped_ = true;
  }
  void note_errors() {
    if (!host_.errors().empty() && !trial_.finding_) trial_.finding_ = host_.errors().front();
  }

 private:
  MembershipTrial& trial_;
  const std::string self_;
  testing::ModelledFiles files_;
  SimHost host_;
  bool stopped_ = false;
  std::unique_ptr<MembershipGuard> guard_;
};

MembershipTrial::~MembershipTrial() = default;

void MembershipTrial::install(ClusterOptions& options) {
  options.setup.make_membership = [this](const std::string& self, const std::vector<Member>& configured,
                                         SimExecutor& executor, std::uint64_t seed) -> std::unique_ptr<Membership> {
    incarnations_.erase(self);
    std::unique_ptr<testing::ModelledDisk>& disk = disks_[self];
    disk = std::make_unique<testing::ModelledDisk>();
    write_members(*disk, configured);
    return std::make_unique<Hosted>(*this, self, executor, *disk, seed);
  };
}

std::optional<std::string> MembershipTrial::judge(SimNode& node) {
  static_cast<Hosted&>(*node.membership()).note_errors();
  if (finding_) return finding_;
  const std::vector<Member> members = node.membership()->members();
  const auto by_id = [](const Member& a, const Member& b) { return a.id < b.id; };
  if (!std::is_sorted(members.begin(), members.end(), by_id)) return node.id() + " lists members out of order";
  const auto self =
      std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.id == node.id(); });
  if (self == members.end()) return node.id() + " does not list itself";
  for (const Member& member : members) {
    std::uint64_t& last = incarnations_[node.id()][member.id];
    if (member.incarnation < last) return node.id() + " lets the incarnation of " + member.id + " go back";
    last = member.incarnation;
  }
  return std::nullopt;
}

std::optional<std::string> MembershipTrial::disagreement(Cluster& cluster) {
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    const std::vector<Member> members = cluster[node].membership()->members();
    for (const std::string& id : cluster.ids()) {
      const auto member =
          std::find_if(members.begin(), members.end(), [&](const Member& each) { return each.id == id; });
      if (member == members.end()) return cluster[node].id() + " does not list " + id;
      if (member->state != MemberState::alive)
        return cluster[node].id() + " says that " + id + " is " + name_of(member->state);
    }
  }
  return std::nullopt;
}

std::optional<std::string> MembershipTrial::await_agreement(Cluster& cluster) {
  std::optional<std::string> left;
  const bool agreed = cluster.scheduler().run_until([&] { return !(left = disagreement(cluster)); }, kLongestAgreement);
  if (agreed) return std::nullopt;
  return "everything has been up and reachable for a long time, and " + *left;
}

}  // namespace stator::simulation
