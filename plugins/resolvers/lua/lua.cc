#include <algorithm>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "script.h"
#include "stator/plugin.h"
#include "stator/resolver.h"

namespace stator::lua {
namespace {

/// What a script says. It is given the siblings newest first, so their order on the way here cannot matter to it.
class LuaResolver final : public Resolver {
 public:
  static std::unique_ptr<Resolver> create(Host& /*host*/, const Config& config, Status& why) {
    const ConfigFile& file = config.file("script");
    const Limits limits{config.integer("max_instructions"), config.bytes("max_memory_bytes")};
    constexpr std::int64_t kMostInstructions = 1'000'000'000;
    if (limits.instructions < 1 || limits.instructions > kMostInstructions) {
      why = Status(Code::invalid_argument, "max_instructions must be 1 to 1000000000");
      return nullptr;
    }
    auto made = std::make_unique<LuaResolver>(config.instance(), Script(file.path, file.text, limits));
    why = made->script_.check();
    if (!why.is_ok()) return nullptr;
    return made;
  }

  LuaResolver(std::string instance, Script script) : instance_(std::move(instance)), script_(std::move(script)) {}

  Resolution resolve(BytesView key, std::span<const Version> siblings) const override {
    std::vector<const Version*> newest_first;
    newest_first.reserve(siblings.size());
    for (const Version& version : siblings) newest_first.push_back(&version);
    std::sort(newest_first.begin(), newest_first.end(), [](const Version* a, const Version* b) {
      return std::tie(a->stamp, a->dot) > std::tie(b->stamp, b->dot);
    });
    Result<Answer> answer = script_.resolve(key, newest_first);
    if (!answer.is_ok()) throw std::runtime_error(answer.status().message());
    Resolution resolution;
    resolution.resolved_by = instance_;
    if (answer->winner) {
      const Version& winner = *newest_first[*answer->winner];
      resolution.winner = static_cast<std::size_t>(&winner - siblings.data());
      resolution.tombstone = winner.tombstone;
      return resolution;
    }
    resolution.tombstone = answer->tombstone;
    resolution.value = std::move(answer->value);
    if (!resolution.tombstone) resolution.content_type = answer->content_type.value_or(usual_type(newest_first));
    return resolution;
  }

 private:
  /// That of the newest version that is no removal.
  static std::string usual_type(const std::vector<const Version*>& newest_first) {
    const auto living = std::find_if(newest_first.begin(), newest_first.end(),
                                     [](const Version* version) { return !version->tombstone; });
    return living == newest_first.end() ? "" : (*living)->content_type;
  }

  const std::string instance_;
  const Script script_;
};

constexpr stator_option kOptions[] = {
    {"script", "file", nullptr, "a text of Lua that defines resolve(key, siblings)"},
    {"max_instructions", "int", "1000000", "instructions of Lua that one call may take"},
    {"max_memory_bytes", "bytes", "64MiB", "what one call may hold in memory, the siblings included"},
    {nullptr, nullptr, nullptr, nullptr}};

}  // namespace
}  // namespace stator::lua

STATOR_PLUGIN(stator::Resolver, stator::lua::LuaResolver, .name = "lua", .version = "1.0.0",
              .capabilities = "deterministic", .options = stator::lua::kOptions);
