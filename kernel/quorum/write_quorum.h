#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace stator {

enum class Decision {
  pending,     ///< more answers are needed
  reached,     ///< the request has what it asked for
  impossible,  ///< too many replicas failed
};

/// Counts the replicas on whose disks a write rests. Distinct nodes only: a duplicated answer is one answer. Pure.
class WriteQuorum {
 public:
  /// `replicas` are the nodes that were asked, by index; `required` of them must answer.
  WriteQuorum(std::vector<std::size_t> replicas, std::size_t required)
      : replicas_(std::move(replicas)), answers_(replicas_.size(), Answer::none), required_(required) {}

  void add_ack(std::size_t node) { add(node, Answer::ack); }
  void add_failure(std::size_t node) { add(node, Answer::failure); }

  std::size_t acked() const { return count(Answer::ack); }
  std::size_t required() const { return required_; }
  /// Whether every replica has answered, one way or the other.
  bool complete() const { return count(Answer::none) == 0; }
  Decision decision() const {
    if (acked() >= required_) return Decision::reached;
    return acked() + count(Answer::none) < required_ ? Decision::impossible : Decision::pending;
  }

 private:
  enum class Answer : std::uint8_t { none, ack, failure };

  // An ack outlives a later failure: the write is on that disk.
  void add(std::size_t node, Answer answer) {
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      if (replicas_[i] == node && answers_[i] != Answer::ack) answers_[i] = answer;
    }
  }
  std::size_t count(Answer wanted) const {
    std::size_t found = 0;
    for (Answer answer : answers_) found += answer == wanted ? 1 : 0;
    return found;
  }

  std::vector<std::size_t> replicas_;
  std::vector<Answer> answers_;
  std::size_t required_;
};

}  // namespace stator
