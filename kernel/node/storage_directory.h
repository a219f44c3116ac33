#pragma once

#include <string>

#include "stator/files.h"
#include "stator/status.h"

namespace stator {

/// Makes the directory if it is missing and notes in it which storage plugin writes there. failed_precondition when the
/// note names another one: its files would be misread. [startup, blocking]
Status claim_storage_directory(Files& files, const Path& directory, const std::string& plugin);

/// The plugin that the note names; not_found if there is no note. [startup, blocking]
Result<std::string> storage_plugin_of(Files& files, const Path& directory);

}  // namespace stator
