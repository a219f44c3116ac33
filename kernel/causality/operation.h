#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/causality/copy.h"
#include "kernel/causality/delta.h"
#include "kernel/causality/head.h"
#include "stator/status.h"

namespace stator {

/// An operation at the coordinating replica, as apply_write() does it once it may be done and was not yet.
Result<WriteEffect> apply_operation(Copy local, const WriteIntent& intent, const Signer& signer);

/// A change of a large copy: its head afterwards, and which rows come and go.
struct HeadChange {
  Head head;
  std::vector<Version> added;
  std::vector<Version> removed;
};

struct HeadEffect {
  HeadChange change;
  Dot dot;  ///< as WriteEffect's, as are the next two
  bool repeated = false;
  bool brings_value = false;
  std::optional<Delta> delta;  ///< absent if repeated
};

/// The same operation done to a large copy, of which no version has expired: it reads only what it asks for. Makes the
/// same versions, context and digest of it as of the whole copy.
Result<HeadEffect> apply_operation(Head local, VersionRows& rows, const WriteIntent& intent, const Signer& signer);

/// A delta, joined into a large copy that has its base; `there` are those of the versions it replaces that are there.
/// As absorb() of the whole copy.
HeadChange absorb(Head local, const Delta& arrived, std::vector<Version> there, const std::string& node);

}  // namespace stator
