#include "cli/plugin_check/trial.h"

#include <filesystem>
#include <utility>

#include "kernel/plugins/option_check.h"

namespace stator::cli {
std::string Subject::file() const { return std::filesystem::path(path).filename().string(); }

std::string Subject::kind() const {
  const std::string name = file();
  for (const auto& [kind, interface] : plugin_interfaces()) {
    if (name.starts_with("stator_" + kind + "_") && name.ends_with(".so")) return kind;
  }
  return "";
}

Result<std::unique_ptr<Trial>> Trial::begin(const Subject& subject) {
  std::unique_ptr<Trial> trial(new Trial(Loader({})));
  std::error_code error;
  const Result<const Plugin*> loaded =
      trial->loader_.load_file(std::filesystem::weakly_canonical(subject.path, error).string());
  if (!loaded.is_ok()) return loaded.status();
  trial->plugin_ = *loaded;
  Result<Config> config = check_given_options(**loaded, subject.options, "checked");
  if (!config.is_ok()) return config.status();
  trial->config_ = std::move(*config);
  return trial;
}

}  // namespace stator::cli
