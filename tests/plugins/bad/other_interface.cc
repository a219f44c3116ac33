#include "nothing.h"

BAD_PLUGIN("other_interface", descriptor.interface_id = "resolver/9");
