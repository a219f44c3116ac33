#include "cli/storage.h"

#include <variant>

#include "cli/verbs.h"

namespace stator::cli {

ExitCode run(const StorageOptions& options, Terminal& terminal) {
  return std::visit([&](const auto& verb) { return run_storage(verb, terminal); }, options.verb);
}

}  // namespace stator::cli
