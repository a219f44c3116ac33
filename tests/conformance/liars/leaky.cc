// Never gives back what each instance takes.
#include <cstdlib>

#include "greatest.h"

namespace {
struct Leaky final : liar::Greatest {
  Leaky() : taken(std::malloc(100)) {}
  void* volatile taken;
};
}  // namespace

STATOR_PLUGIN(stator::Resolver, Leaky, .name = "leaky", .version = "1.0.0");
