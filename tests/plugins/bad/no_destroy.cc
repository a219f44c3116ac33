#include "nothing.h"

BAD_PLUGIN("no_destroy", descriptor.destroy = nullptr);
