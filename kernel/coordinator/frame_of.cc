#include "kernel/coordinator/frame_of.h"

#include <google/protobuf/message_lite.h>

#include <memory>

namespace stator {

Frame frame_of(const google::protobuf::MessageLite& message) {
  auto bytes = std::make_shared<Bytes>();
  message.SerializeToString(bytes.get());
  return bytes;
}

}  // namespace stator
