#include "nothing.h"

static void* create(stator::Host&, const stator::Config& config, stator::Status& why) {
  why = stator::Status(stator::Code::invalid_argument, "it does not like " + config.instance());
  return nullptr;
}

BAD_PLUGIN("refuses", descriptor.create = create);
