#pragma once

#include "stator/transport.h"

namespace google::protobuf {
class MessageLite;
}

namespace stator {

/// A message as it travels between nodes.
Frame frame_of(const google::protobuf::MessageLite& message);

}  // namespace stator
