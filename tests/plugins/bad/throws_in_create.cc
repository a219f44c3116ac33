#include "nothing.h"

static void* create(stator::Host&, const stator::Config&, stator::Status&) { throw 42; }

BAD_PLUGIN("throws_in_create", descriptor.create = create);
