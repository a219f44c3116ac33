#include "transport.h"

STATOR_PLUGIN(stator::Transport, fake::Mute, .name = "carrier", .version = "1.0.0", .capabilities = "peers");
