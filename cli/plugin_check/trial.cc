#include "cli/plugin_check/trial.h"

#include <filesystem>
#include <utility>

#include "kernel/config/setting.h"
#include "kernel/plugins/option_check.h"

namespace stator::cli {
namespace {

/// The options as the table of an instance would hold them.
Result<Setting> table_of(const std::vector<std::string>& options) {
  Setting::Table table;
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals == 0 || equals == std::string::npos)
      return Status(Code::invalid_argument, "--option " + option + " is not of the form KEY=VALUE");
    Position where;
    where.source = "--option " + option.substr(0, equals);
    table.insert_or_assign(option.substr(0, equals), parse_value(option.substr(equals + 1), where));
  }
  Setting setting;
  setting.value = std::move(table);
  return setting;
}

}  // namespace

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
  const Result<Setting> table = table_of(subject.options);
  if (!table.is_ok()) return table.status();
  CheckedOptions checked = check_options((*loaded)->descriptor->options, *table, (*loaded)->kind, "checked");
  if (!checked.problems.empty()) return Status(Code::invalid_argument, report(checked.problems));
  trial->config_ = std::move(checked.config);
  return trial;
}

}  // namespace stator::cli
