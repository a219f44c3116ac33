// Has an option that nobody can type, and no help for it.
#include "greatest.h"

namespace {
constexpr stator_option kOptions[] = {{"Odd-Key", "string", "x", ""}, {nullptr, nullptr, nullptr, nullptr}};
}

STATOR_PLUGIN(stator::Resolver, liar::Greatest, .name = "strange_option", .version = "1.0.0", .options = kOptions);
