#include "kernel/replica/commit_batch.h"

namespace stator {

std::vector<Status> write_batch(Storage& storage, std::span<const Commit* const> commits) {
  const auto is_broken = [](const Commit& commit) { return commit.chain && !commit.chain->broken.is_ok(); };
  std::vector<Mutation> mutations;
  mutations.reserve(commits.size());
  for (const Commit* commit : commits) {
    if (is_broken(*commit)) continue;
    mutations.push_back({commit->key, commit->value, commit->remove});
    for (const auto& [key, row] : commit->rows) mutations.push_back({key, row ? BytesView(*row) : BytesView(), !row});
  }
  const Status outcome = mutations.empty() ? Status::ok() : storage.write(mutations);
  std::vector<Status> outcomes;
  outcomes.reserve(commits.size());
  for (const Commit* commit : commits) outcomes.push_back(is_broken(*commit) ? commit->chain->broken : outcome);
  if (outcome.is_ok()) return outcomes;
  for (const Commit* commit : commits) {
    if (commit->chain && commit->chain->broken.is_ok()) commit->chain->broken = outcome;
  }
  return outcomes;
}

}  // namespace stator
