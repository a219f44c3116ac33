#pragma once

#include <iosfwd>

#include "cli/answer.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "kernel/node/storage_examination.h"

namespace stator::cli {

/// What the verbs that look at a node's files share.

/// With every fault, and what to do about them.
Json json_of(const StoreExamination& found, const StoredUnder& under);
void print(const StoreExamination& found, const StoredUnder& under, std::ostream& out);

/// Says why nothing was found out.
ExitCode unfit(Terminal& terminal, const Status& status);

}  // namespace stator::cli
