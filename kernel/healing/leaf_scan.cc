#include "kernel/healing/leaf_scan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "kernel/causality/copy.h"
#include "kernel/causality/head.h"
#include "kernel/replica/rows.h"

namespace stator {
namespace {

constexpr SliceLimit kSlice{1024, 1 << 20};

struct Scan {
  Scan(const PacedLoop& loop, CopyRange range, LeafSet leaves) : loop(loop), range(range), leaves(leaves) {}

  PacedLoop loop;
  CopyRange range;
  LeafSet leaves;
  std::function<void(const LeafCopy&)> visit;
  UniqueFunction<void(const Status&)> done;
  Bytes cursor;

  void visit_copy(BytesView key, BytesView copy) const {
    LeafCopy met{key_hash(key), 0, key, copy};
    if ((leaves >> MerkleTree::leaf_of(met.key_hash) & 1) == 0) return;
    met.digest = stored_digest(copy);
    visit(met);
  }
};

Result<std::optional<Bytes>> visit_slice(const Scan& scan) {
  const TimedWork work(scan.loop.executor, scan.loop.cpu);
  return scan_slice(scan.range, scan.cursor, kSlice,
                    [&](BytesView key, BytesView copy) { scan.visit_copy(key, copy); });
}

void run_slice(std::unique_ptr<Scan> scan);

void run_rested(std::unique_ptr<Scan> scan) {
  Executor& executor = scan->loop.executor;
  std::vector<SliceStart> start;
  const bool blocks = scan->range.store.readers() != nullptr;
  if (blocks) start.push_back({scan->range, scan->cursor});
  Task slice = [scan = std::move(scan)]() mutable {
    const Result<std::optional<Bytes>> next = visit_slice(*scan);
    if (!next.is_ok()) return scan->done(next.status());
    if (!*next) return scan->done(Status::ok());
    scan->cursor = **next;
    run_slice(std::move(scan));
  };
  if (!blocks) return executor.post(std::move(slice));
  read_slices_ahead(executor, std::move(start), kSlice, std::move(slice));
}

void run_slice(std::unique_ptr<Scan> scan) {
  const Duration rest = scan->loop.rest();
  if (rest <= Duration(0)) return run_rested(std::move(scan));
  Executor& executor = scan->loop.executor;
  executor.after(rest, [scan = std::move(scan)]() mutable { run_rested(std::move(scan)); });
}

}  // namespace

void scan_leaves(const PacedLoop& loop, const CopyRange& range, LeafSet leaves,
                 std::function<void(const LeafCopy&)> visit, UniqueFunction<void(const Status&)> done) {
  auto scan = std::make_unique<Scan>(loop, range, leaves);
  scan->visit = std::move(visit);
  scan->done = std::move(done);
  run_slice(std::move(scan));
}

Stamp newest_stamp(BytesView stored) {
  Stamp newest;
  const auto note_epochs = [&](const Context& context) {
    for (const Context::Entry& entry : context.entries()) newest = std::max(newest, entry.actor.epoch);
  };
  if (is_head(stored)) {
    const Result<Head> head = decode_head(stored);
    if (!head.is_ok()) return {};
    note_epochs(head->rest.record.context);
    return std::max(newest, head->newest);
  }
  const Result<Copy> copy = decode_copy(stored);
  if (!copy.is_ok()) return {};
  note_epochs(copy->record.context);
  for (const Version& version : copy->record.versions) newest = std::max(newest, version.stamp);
  return newest;
}

Result<Context> stored_context(BytesView stored) {
  if (is_head(stored)) {
    Result<Head> head = decode_head(stored);
    if (!head.is_ok()) return head.status();
    return std::move(head->rest.record.context);
  }
  Result<Copy> copy = decode_copy(stored);
  if (!copy.is_ok()) return copy.status();
  return std::move(copy->record.context);
}

}  // namespace stator
