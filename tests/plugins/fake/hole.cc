// A storage that keeps nothing, and takes an option of every type.

#include "stator/plugin.h"
#include "stator/storage.h"

namespace fake {

struct Hole final : stator::Storage {
  stator::Status open(const stator::Path&) override { return {}; }
  stator::Status write(stator::WriteBatch) override { return {}; }
  stator::Result<std::optional<stator::Bytes>> get(stator::BytesView) override {
    return std::optional<stator::Bytes>();
  }
  stator::Status scan(stator::BytesView, stator::BytesView, const stator::Visitor&) override { return {}; }
  stator::Status checkpoint(const stator::Path&) override { return {}; }
  stator::StorageStats stats() const override { return {}; }
};

constexpr stator_option kOptions[] = {{"compression", "string", "none", "how it presses"},
                                      {"depth", "int", "7", "how deep it is"},
                                      {"linger", "duration", "200us", "how long it waits"},
                                      {"segment_size", "bytes", "64MiB", "how wide it is"},
                                      {nullptr, nullptr, nullptr, nullptr}};

}  // namespace fake

STATOR_PLUGIN(stator::Storage, fake::Hole, .name = "hole", .version = "1.0.0", .options = fake::kOptions);
