#include "nothing.h"

BAD_PLUGIN("short_descriptor", descriptor.struct_size = 8; descriptor.abi = 7);
