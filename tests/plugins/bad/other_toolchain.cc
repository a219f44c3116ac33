#include "nothing.h"

BAD_PLUGIN("other_toolchain", descriptor.toolchain = "compiler=somebody else's"; descriptor.name = nullptr);
