#include "nothing.h"

BAD_PLUGIN("somebody_else", static_cast<void>(descriptor));
