#include "kernel/plugins/loader.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <filesystem>
#include <optional>

#include <boost/dll/library_info.hpp>
#include <boost/dll/shared_library.hpp>

#include "kernel/plugins/elf_check.h"
#include "kernel/plugins/path_rules.h"
#include "stator/datatype.h"
#include "stator/membership.h"
#include "stator/resolver.h"
#include "stator/storage.h"
#include "stator/transport.h"

namespace stator {
namespace {

namespace fs = std::filesystem;
namespace dll = boost::dll;

constexpr const char* kSymbol = "stator_plugin";

std::string quoted(const char* text) { return text != nullptr ? "\"" + std::string(text) + "\"" : "nothing"; }

/// Takes stator_<kind>_<name>.so apart; absent if the file is not named so.
std::optional<Loader::Candidate> parse_file_name(const fs::path& path) {
  std::string stem = path.stem().string();
  if (path.extension() != ".so") return std::nullopt;
  for (const auto& [kind, unused] : plugin_interfaces()) {
    std::string prefix = "stator_" + kind + "_";
    if (stem.starts_with(prefix) && stem.size() > prefix.size()) {
      return Loader::Candidate{kind, stem.substr(prefix.size()), path.string()};
    }
  }
  return std::nullopt;
}

/// Asks the file, not the dynamic loader: no initialiser of a stranger's library runs.
Status check_symbol(const std::string& path) {
  try {
    std::vector<std::string> symbols = dll::library_info(path).symbols();
    bool shown = std::find(symbols.begin(), symbols.end(), kSymbol) != symbols.end();
    return shown ? Status::ok() : refusal(std::string("the symbol ") + kSymbol, "a library without it");
  } catch (const std::exception& fault) {
    return refusal("a readable symbol table", fault.what());
  }
}

Result<const stator_plugin_descriptor*> map_library(const std::string& path) {
  // RTLD_NODELETE keeps the library when this handle goes: nothing is ever unloaded.
  auto mode = static_cast<dll::load_mode::type>(dll::load_mode::rtld_now | dll::load_mode::rtld_local | RTLD_NODELETE);
  try {
    dll::shared_library library(path, mode);
    return &library.get<const stator_plugin_descriptor>(kSymbol);
  } catch (const std::exception& fault) {
    return refusal("a library that loads", fault.what());
  }
}

/// The descriptor as it was first; fields that came later may be missing from a plugin's.
constexpr std::size_t kFirstDescriptor =
    offsetof(stator_plugin_descriptor, destroy) + sizeof(stator_plugin_descriptor::destroy);

/// In the order that makes each field safe to read: nothing below `toolchain` may be touched before it is equal.
Status check_descriptor(const stator_plugin_descriptor& descriptor, const Loader::Candidate& file) {
  if (descriptor.struct_size < kFirstDescriptor) {
    return refusal("a descriptor of at least " + std::to_string(kFirstDescriptor) + " bytes",
                   std::to_string(descriptor.struct_size));
  }
  if (descriptor.abi != STATOR_ABI) {
    return refusal("abi " + std::to_string(STATOR_ABI), "abi " + std::to_string(descriptor.abi));
  }
  if (descriptor.toolchain == nullptr || std::strcmp(descriptor.toolchain, STATOR_TOOLCHAIN) != 0) {
    return refusal("toolchain " + quoted(STATOR_TOOLCHAIN), quoted(descriptor.toolchain));
  }
  const auto& interfaces = plugin_interfaces();
  auto wanted =
      std::find_if(interfaces.begin(), interfaces.end(), [&](const auto& each) { return each.first == file.kind; });
  if (descriptor.interface_id == nullptr || wanted->second != descriptor.interface_id) {
    return refusal("interface " + quoted(wanted->second.c_str()) + ", as the file's name says",
                   quoted(descriptor.interface_id));
  }
  if (descriptor.name == nullptr || file.name != descriptor.name) {
    return refusal("name " + quoted(file.name.c_str()) + ", as the file's name says", quoted(descriptor.name));
  }
  bool whole = descriptor.version != nullptr && descriptor.capabilities != nullptr && descriptor.create != nullptr &&
               descriptor.destroy != nullptr;
  return whole ? Status::ok() : refusal("version, capabilities, create and destroy", "a null among them");
}

Result<Plugin> check_and_map(const Loader::Candidate& file) {
  for (auto check : {check_path, check_elf, check_symbol}) {
    Status status = check(file.path);
    if (!status.is_ok()) return status;
  }
  Result<const stator_plugin_descriptor*> descriptor = map_library(file.path);
  if (!descriptor.is_ok()) return descriptor.status();
  Status fitting = check_descriptor(**descriptor, file);
  if (!fitting.is_ok()) return fitting;
  return Plugin{file.kind, file.path, *descriptor};
}

}  // namespace

const std::vector<std::pair<std::string, std::string>>& plugin_interfaces() {
  static const std::vector<std::pair<std::string, std::string>> kInterfaces{{"datatype", DataType::kInterfaceId},
                                                                            {"membership", Membership::kInterfaceId},
                                                                            {"resolver", Resolver::kInterfaceId},
                                                                            {"storage", Storage::kInterfaceId},
                                                                            {"transport", Transport::kInterfaceId}};
  return kInterfaces;
}

Loader::Loader(std::vector<std::string> directories) : directories_(std::move(directories)) {}

Result<const Plugin*> Loader::load(const std::string& kind, const std::string& name) {
  std::string file = "stator_" + kind + "_" + name + ".so";
  std::string searched;
  for (const std::string& directory : directories_) {
    fs::path path = fs::path(directory) / file;
    std::error_code error;
    if (fs::exists(fs::symlink_status(path, error))) return load_file(path.string());
    searched += (searched.empty() ? "" : ", ") + directory;
  }
  return Status(Code::not_found, "no file " + file + " in " + (searched.empty() ? "an empty plugin path" : searched));
}

Result<const Plugin*> Loader::load_file(const std::string& path) {
  std::error_code error;
  std::string absolute = fs::absolute(path, error).lexically_normal().string();
  auto known = loaded_.find(absolute);
  if (known != loaded_.end()) return known->second.get();
  std::optional<Candidate> file = parse_file_name(absolute);
  if (!file) return Status(Code::failed_precondition, absolute + ": expected a file name stator_<kind>_<name>.so");
  Result<Plugin> plugin = check_and_map(*file);
  if (!plugin.is_ok()) return Status(plugin.status().code(), absolute + ": " + plugin.status().message());
  return loaded_.emplace(absolute, std::make_unique<Plugin>(std::move(*plugin))).first->second.get();
}

std::vector<Loader::Candidate> Loader::candidates() const {
  std::map<std::pair<std::string, std::string>, Candidate> found;
  for (const std::string& directory : directories_) {
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
      if (auto file = parse_file_name(entry->path())) found.try_emplace({file->kind, file->name}, *file);
    }
  }
  std::vector<Candidate> candidates;
  candidates.reserve(found.size());
  for (auto& [unused, candidate] : found) candidates.push_back(std::move(candidate));
  return candidates;
}

std::vector<std::string> Loader::names(const std::string& kind) const {
  std::vector<std::string> names;
  for (const Candidate& candidate : candidates()) {
    if (candidate.kind == kind) names.push_back(candidate.name);
  }
  return names;
}

}  // namespace stator
