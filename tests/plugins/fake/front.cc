#include "transport.h"

STATOR_PLUGIN(stator::Transport, fake::Mute, .name = "front", .version = "1.0.0", .capabilities = "clients");
