// Exports more than the descriptor.
#include "greatest.h"

__attribute__((visibility("default"))) int liar_counter = 7;

STATOR_PLUGIN(stator::Resolver, liar::Greatest, .name = "two_symbols", .version = "1.0.0");
