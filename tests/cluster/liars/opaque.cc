#include <fstream>

#include "stator/plugin.h"
#include "stator/storage.h"

namespace stator {
namespace {

/// A storage that cannot examine its files, and writes to them when it is opened. It holds nothing, and calls itself
/// damaged if there is a file `damaged`.
class Opaque final : public Storage {
 public:
  Status open(const Path& directory) override {
    std::ofstream(directory + "/opened") << "x";
    const bool damaged = std::ifstream(directory + "/damaged").good();
    return damaged ? Status(Code::data_loss, "something is wrong here") : Status::ok();
  }
  Status write(WriteBatch) override { return {}; }
  Result<std::optional<Bytes>> get(BytesView) override { return std::optional<Bytes>(); }
  Status scan(BytesView, BytesView, const Visitor&) override { return {}; }
  Status checkpoint(const Path&) override { return {}; }
  StorageStats stats() const override { return {}; }

  static std::unique_ptr<Storage> create(Host&, const Config&, Status&) { return std::make_unique<Opaque>(); }
};

constexpr stator_option kOptions[] = {{nullptr, nullptr, nullptr, nullptr}};

}  // namespace
}  // namespace stator

STATOR_PLUGIN(stator::Storage, stator::Opaque, .name = "opaque", .version = "1.0.0", .options = stator::kOptions);
