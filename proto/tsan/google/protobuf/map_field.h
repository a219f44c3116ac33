#pragma once

// Under -fsanitize=thread, protobuf's maps have two more members than in the library that Debian built without it, and
// every message with a map would be torn down at wrong offsets. So that header is read as if there were no sanitizer.
#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include_next <google/protobuf/map_field.h>
#pragma pop_macro("__SANITIZE_THREAD__")
