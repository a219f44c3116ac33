#include "nothing.h"

BAD_PLUGIN("other_abi", descriptor.abi = 7; descriptor.toolchain = nullptr);
