#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>

#include "stator/config.h"
#include "stator/host.h"
#include "stator/status.h"

/// The one thing a plugin exports: `extern "C" const stator_plugin_descriptor stator_plugin`, made by STATOR_PLUGIN.
/// The first two fields are readable by any host for all time; a host compares `toolchain` byte for byte before it
/// touches anything below it. New fields go at the tail, and `struct_size` says whether they are there.

#define STATOR_ABI 1u
#define STATOR_SDK_REVISION "2"

#define STATOR_TEXT_(x) #x
#define STATOR_TEXT(x) STATOR_TEXT_(x)

#if defined(__SANITIZE_ADDRESS__)
#define STATOR_SANITIZERS "address"
#elif defined(__SANITIZE_THREAD__)
#define STATOR_SANITIZERS "thread"
#else
#define STATOR_SANITIZERS "none"
#endif

#define STATOR_TOOLCHAIN                                                                          \
  "compiler=" __VERSION__ " libstdcxx=" STATOR_TEXT(_GLIBCXX_RELEASE) "/cxx11abi=" STATOR_TEXT(   \
      _GLIBCXX_USE_CXX11_ABI) " level=" STATOR_TEXT(__cplusplus) " sanitizers=" STATOR_SANITIZERS \
                                                                 " sdk=" STATOR_SDK_REVISION

extern "C" {

/// One option a plugin understands. An array of them ends with a null key.
struct stator_option {
  const char* key;
  const char* type;           ///< "string", "int", "bool", "duration" ("500ms", "2s"), "bytes" ("64MiB"), "list" (of
                              ///< strings), "file" (its path; the kernel reads it)
  const char* default_value;  ///< as it would be typed in TOML, without quotes; null: the option is required
  const char* help;           ///< one line
};

struct stator_plugin_descriptor {
  std::uint32_t struct_size;
  std::uint32_t abi;
  const char* toolchain;
  const char* interface_id;  ///< "resolver/1", "storage/1" …
  const char* name;          ///< what the configuration calls it; equals the file's stator_<kind>_<name>.so
  const char* version;
  /// Comma-separated: "clients", "peers", "total-order", "reads-may-block", "deterministic"; "estimates-keys": a
  /// storage's stats().keys is not exact; "checkpoints-by-link": its checkpoint takes no room for what is written.
  const char* capabilities;
  const stator_option* options;  ///< ends with a null key; null: no options
  /// A new instance as a pointer to its *interface*, or null with `why` set. Starts no thread, opens no file or socket.
  void* (*create)(stator::Host& host, const stator::Config& config, stator::Status& why);
  void (*destroy)(void* instance);
};

}  // extern "C"

namespace stator::plugin_detail {

/// The optional part of a STATOR_PLUGIN line, by designated initialisers.
struct Description {
  const char* name = "";
  const char* version = "";
  const char* capabilities = "";
  const stator_option* options = nullptr;
};

template <typename Interface, typename Implementation>
void* create(Host& host, const Config& config, Status& why) {
  try {
    std::unique_ptr<Interface> made;
    if constexpr (requires {
                    { Implementation::create(host, config, why) } -> std::convertible_to<std::unique_ptr<Interface>>;
                  }) {
      made = Implementation::create(host, config, why);
    } else if constexpr (std::constructible_from<Implementation, Host&, const Config&>) {
      made = std::make_unique<Implementation>(host, config);
    } else {
      made = std::make_unique<Implementation>();
    }
    return made.release();
  } catch (const std::exception& fault) {
    why = Status(Code::internal, fault.what());
  } catch (...) {
    why = Status(Code::internal, "an exception that is not a std::exception");
  }
  return nullptr;
}

template <typename Interface>
void destroy(void* instance) {
  delete static_cast<Interface*>(instance);
}

template <typename Interface, typename Implementation>
consteval stator_plugin_descriptor describe(Description text) {
  static_assert(std::derived_from<Implementation, Interface>);
  return {sizeof(stator_plugin_descriptor),
          STATOR_ABI,
          STATOR_TOOLCHAIN,
          Interface::kInterfaceId,
          text.name,
          text.version,
          text.capabilities,
          text.options,
          &create<Interface, Implementation>,
          &destroy<Interface>};
}

}  // namespace stator::plugin_detail

/// STATOR_PLUGIN(stator::Resolver, Longest, .name = "longest", .version = "1.0.0");
/// The implementation is made by `static unique_ptr create(Host&, const Config&, Status&)`, by a constructor
/// (Host&, const Config&), or by its default constructor, whichever it has first.
#define STATOR_PLUGIN(interface, implementation, ...)                                                  \
  extern "C" __attribute__((visibility("default"))) constexpr stator_plugin_descriptor stator_plugin = \
      stator::plugin_detail::describe<interface, implementation>({__VA_ARGS__})
