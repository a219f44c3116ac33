// Its descriptor gives another name than its file.
#include "greatest.h"

STATOR_PLUGIN(stator::Resolver, liar::Greatest, .name = "somebody", .version = "1.0.0");
