#pragma once

#include "kernel/replica/replica.h"
#include "kernel/seams/executor.h"
#include "stator/task.h"

namespace stator {

/// Takes away the copies of a partition that are not whole, with all that is left of them: heads that do not fit their
/// rows, and rows without a head. The trees know of heads alone: such a copy would be found equal with peers', and its
/// rows never filled. What is taken away peers bring again; until then the partition must not count.
///
/// `done` comes on the calling loop, perhaps inside the call, when what was found is durably gone; what could not be
/// read or removed is left to the next scrub. Range and replica outlive it. [the loop that owns the partition]
void remove_misfits(Executor& executor, Replica& replica, const CopyRange& range, Task done);

}  // namespace stator
