#pragma once

namespace stator::simulation {

/// The program stator_sim: runs histories by their seeds, and prints what became of them. The exit status is 0 if
/// nothing was violated, 1 if something was, 2 for a mistake in the arguments.
int run_command(int argc, char** argv);

}  // namespace stator::simulation
