#pragma once

#include <memory>
#include <string>

#include "stator/files.h"
#include "stator/status.h"

namespace stator {

/// Makes the directory if it is missing and notes in it which storage plugin writes there. failed_precondition when the
/// note names another one: its files would be misread. [startup, blocking]
Status claim_storage_directory(Files& files, const Path& directory, const std::string& plugin);

/// The plugin that the note names; not_found if there is no note. [startup, blocking]
Result<std::string> storage_plugin_of(Files& files, const Path& directory);

/// Keeps every other process from the storage until destroyed: nodes, and tools that put other files in its place. Its
/// plugin locks its own files too, but only while it has them open. unavailable if a process has it. [blocking]
Result<std::unique_ptr<FileLock>> lock_storage_directory(Files& files, const Path& directory);

}  // namespace stator
