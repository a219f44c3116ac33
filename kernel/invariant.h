#pragma once

#include <cstdio>
#include <cstdlib>

namespace stator {

[[noreturn]] inline void invariant_failed(const char* expression, const char* meaning, const char* file, int line) {
  std::fprintf(stderr, "invariant broken: %s (%s) at %s:%d\n", meaning, expression, file, line);
  std::abort();
}

}  // namespace stator

/// Aborts, in release builds too: going on with a broken invariant would spread the damage to other replicas.
#define STATOR_INVARIANT(expression, meaning) \
  (static_cast<bool>(expression) ? void() : ::stator::invariant_failed(#expression, meaning, __FILE__, __LINE__))
