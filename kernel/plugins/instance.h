#pragma once

#include <exception>
#include <memory>
#include <string>

#include "kernel/loops/code_range.h"
#include "kernel/plugins/plugin.h"
#include "stator/config.h"
#include "stator/host.h"
#include "stator/status.h"

namespace stator {

/// A plugin's object behind its interface, owned: destroyed by the plugin that made it.
template <typename Interface>
class Instance {
 public:
  /// `code`: the plugin's.
  Instance(Interface* made, void (*destroy)(void*), const CodeRange& code = {}) : held_(made, destroy), code_(code) {}
  Interface* operator->() const { return held_.get(); }
  Interface& operator*() const { return *held_; }
  const CodeRange& code() const { return code_; }
  /// It is never destroyed.
  void abandon() { static_cast<void>(held_.release()); }

 private:
  std::unique_ptr<Interface, void (*)(void*)> held_;
  CodeRange code_;
};

/// Makes one. failed_precondition if the plugin offers another interface; else the plugin's own reason, or what it
/// threw. The host outlives the result. [startup]
template <typename Interface>
Result<Instance<Interface>> create_instance(const Plugin& plugin, Host& host, const Config& config) {
  std::string failed = plugin.label() + " (" + plugin.path + ") did not create \"" + config.instance() + "\": ";
  if (std::string_view(plugin.descriptor->interface_id) != Interface::kInterfaceId) {
    return Status(Code::failed_precondition, failed + "it offers " + plugin.descriptor->interface_id);
  }
  try {
    Status why;
    void* made = plugin.descriptor->create(host, config, why);
    if (made != nullptr)
      return Instance<Interface>(static_cast<Interface*>(made), plugin.descriptor->destroy,
                                 code_around(plugin.descriptor));
    if (why.is_ok()) return Status(Code::internal, failed + "it gave no reason");
    return Status(why.code(), failed + why.message());
  } catch (const std::exception& fault) {
    return Status(Code::internal, failed + fault.what());
  } catch (...) {
    return Status(Code::internal, failed + "an exception that is not a std::exception");
  }
}

}  // namespace stator
