#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernel/plugins/plugin.h"
#include "stator/status.h"

namespace stator {

/// Finds plugins in a list of directories, by file name, and loads them: the only way code that is not the kernel's
/// gets in.
///
/// A file is refused at the first rule it breaks, and nothing of it has run before the last four: path rules; a whole
/// ELF file; shows the symbol `stator_plugin`; loads; struct_size and abi; toolchain, byte for byte; interface id; name
/// equals the file's. Every refusal names the file, what was expected and what was found. Libraries stay mapped until
/// the process ends, even refused ones, because what they have started cannot be taken back. [startup, serial,
/// blocking]
class Loader {
 public:
  /// A file that is named like a plugin.
  struct Candidate {
    std::string kind;
    std::string name;
    std::string path;
    auto operator<=>(const Candidate&) const = default;
  };

  /// Earlier directories win. Those that do not exist hold no plugins.
  explicit Loader(std::vector<std::string> directories);

  /// The plugin `stator_<kind>_<name>.so`; loaded once, and good until the loader is destroyed. not_found if no
  /// directory has it.
  Result<const Plugin*> load(const std::string& kind, const std::string& name);
  /// The same for a file that is no matter where.
  Result<const Plugin*> load_file(const std::string& path);
  /// What could be loaded, ascending by kind and name, one for each; files are not opened.
  std::vector<Candidate> candidates() const;
  /// Names of the candidates of one kind.
  std::vector<std::string> names(const std::string& kind) const;
  const std::vector<std::string>& directories() const { return directories_; }

 private:
  std::vector<std::string> directories_;
  std::map<std::string, std::unique_ptr<Plugin>> loaded_;  ///< by path
};

/// The kinds of plugin and the interface each must offer, ascending by kind: {"membership", "membership/1"} …
const std::vector<std::pair<std::string, std::string>>& plugin_interfaces();

}  // namespace stator
