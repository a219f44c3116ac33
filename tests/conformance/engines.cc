#include "engines.h"

#include "kernel/invariant.h"
#include "kernel/plugins/loader.h"

namespace stator::testing {
namespace {

Config options_of(const std::string& plugin, std::uint64_t buffer_bytes) {
  const auto buffer = static_cast<std::int64_t>(buffer_bytes);
  if (plugin == "memtable")
    return Config("engine", {{"segment_bytes", buffer}, {"snapshot_after_bytes", buffer + buffer / 4}});
  return Config("engine", {{"block_cache_bytes", std::int64_t{1 << 20}},
                           {"write_buffer_bytes", buffer},
                           {"compression", std::string("lz4")},
                           {"background_threads", std::int64_t{2}}});
}

}  // namespace

std::unique_ptr<Storage> make_engine(const std::string& plugin, Host& host, std::uint64_t buffer_bytes) {
  Loader loader({STATOR_PLUGIN_DIRECTORY});  // libraries stay mapped, so it need not live on
  const Result<const Plugin*> loaded = loader.load("storage", plugin);
  STATOR_INVARIANT(loaded.is_ok(), loaded.status().text().c_str());
  Status why;
  void* made = (*loaded)->descriptor->create(host, options_of(plugin, buffer_bytes), why);
  STATOR_INVARIANT(made != nullptr, why.text().c_str());
  return std::unique_ptr<Storage>(static_cast<Storage*>(made));
}

}  // namespace stator::testing
