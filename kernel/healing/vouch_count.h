#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace stator {

/// What the other replicas say of a few suspect copies. One that a peer knows is kept; one that `enough` peers who have
/// lost nothing themselves do not know is given up: among so many is one that holds each acknowledged write. What all
/// have been asked about without either end is kept: more disks were lost than writes are promised to survive, and a
/// copy too many is better than one too few. Pure.
class VouchCount {
 public:
  enum class Verdict { open, kept, given_up };

  VouchCount(std::size_t copies, std::vector<std::string> peers, std::size_t enough)
      : copies_(copies), peers_(std::move(peers)), enough_(enough) {}

  /// Who has not answered yet.
  const std::vector<std::string>& unasked() const { return peers_; }
  /// The copies it should be asked about.
  std::vector<std::size_t> open() const {
    std::vector<std::size_t> left;
    for (std::size_t copy = 0; copy < copies_.size(); ++copy) {
      if (verdict(copy) == Verdict::open) left.push_back(copy);
    }
    return left;
  }
  /// What a peer says: whether it knows each of the copies asked about. `in_doubt`: it may have lost what it lacks.
  void answered(const std::string& peer, const std::vector<std::size_t>& asked, const std::vector<bool>& knows,
                bool in_doubt) {
    std::erase(peers_, peer);
    for (std::size_t i = 0; i < asked.size() && i < knows.size(); ++i) {
      copies_[asked[i]].known = copies_[asked[i]].known || knows[i];
      copies_[asked[i]].lacking += !knows[i] && !in_doubt ? 1 : 0;
    }
  }
  Verdict verdict(std::size_t copy) const {
    if (copies_[copy].known) return Verdict::kept;
    if (copies_[copy].lacking >= enough_) return Verdict::given_up;
    return peers_.empty() ? Verdict::kept : Verdict::open;
  }

 private:
  struct Copy {
    bool known = false;
    std::size_t lacking = 0;
  };
  std::vector<Copy> copies_;
  std::vector<std::string> peers_;
  std::size_t enough_;
};

}  // namespace stator
