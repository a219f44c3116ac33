// Needs a symbol that nobody has.

#include "nothing.h"

extern "C" int a_function_that_nobody_has();

extern "C" __attribute__((visibility("default"))) int use() { return a_function_that_nobody_has(); }

BAD_PLUGIN("unresolved", static_cast<void>(descriptor));
