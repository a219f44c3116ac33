// Makes a content type that would be two lines of a reply's head.

#include "stator/plugin.h"
#include "stator/resolver.h"

namespace bad {

struct SplitType final : stator::Resolver {
  stator::Resolution resolve(stator::BytesView, std::span<const stator::Version>) const override {
    stator::Resolution resolution;
    resolution.content_type = "text/plain\r\nSet-Cookie: a=b";
    resolution.resolved_by = "split_type";
    return resolution;
  }
};

}  // namespace bad

STATOR_PLUGIN(stator::Resolver, bad::SplitType, .name = "split_type", .version = "1.0.0");
