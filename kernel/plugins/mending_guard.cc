#include "kernel/plugins/mending_guard.h"

namespace stator {

bool MendingGuard::met_damage() const {
  return guarded(
      faults_, "met_damage", [&] { return mending_.met_damage(); }, [](const Status&) { return false; });
}

Result<std::vector<KeyRange>> MendingGuard::survey() {
  return guarded(faults_, "survey", [&] { return mending_.survey(); });
}

Status MendingGuard::give_up() {
  return guarded(faults_, "give_up", [&] { return mending_.give_up(); });
}

}  // namespace stator
