// Starts a thread as soon as it is loaded.
#include <unistd.h>

#include <thread>

#include "greatest.h"

namespace {
const bool kStarted = [] {
  std::thread([] { ::pause(); }).detach();
  return true;
}();
}  // namespace

STATOR_PLUGIN(stator::Resolver, liar::Greatest, .name = "early_thread", .version = "1.0.0");
