// Throws what only it knows the type of.

#include <exception>
#include <string>

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace bad {

struct OwnFault final : std::exception {
  explicit OwnFault(std::string text) : text(std::move(text)) {}
  const char* what() const noexcept override { return text.c_str(); }
  std::string text;
};

struct Thrower final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView key, std::span<const stator::Version>) const override {
    if (key == "strange") throw 42;
    throw OwnFault("no idea what " + std::string(key) + " means");
  }
};

}  // namespace bad

STATOR_PLUGIN(stator::Resolver, bad::Thrower, .name = "throws_in_use", .version = "1.0.0");
