#pragma once

#include <string>

#include "stator/status.h"

namespace stator {

/// OK if the path is a regular file that not everybody can change: neither the file nor its directory may be writable
/// by others, after symbolic links are followed. Writable by the *group* is accepted, because a umask of 002 with a
/// group of one's own is the default of several distributions, and every build tree there has it; owners are not looked
/// at, because the user who builds is seldom the one who runs. not_found or permission_denied; the message names what
/// it is about. [startup, blocking]
Status check_path(const std::string& path);

}  // namespace stator
