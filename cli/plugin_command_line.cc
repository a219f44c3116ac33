#include "cli/plugin_command_line.h"

#include <CLI/CLI.hpp>

namespace stator::cli {

CLI::App* add_plugin_check(CLI::App& plugin, PluginCheckOptions& options) {
  CLI::App* verb = plugin.add_subcommand("check", "Try a plugin against every law of its kind");
  verb->add_option("file", options.file, "stator_<kind>_<name>.so")->required()->type_name("FILE");
  verb->add_option("--option", options.options, "An option of the instance that is tried; may be given again")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  verb->add_option("--only", options.only, "Only this check; may be given again")
      ->type_name("NAME")
      ->allow_extra_args(false);
  verb->add_option("--seed", options.seed, "Everything random comes from it")->capture_default_str();
  verb->add_flag("--in-process", options.in_process, "No process for each check, for debuggers");
  verb->add_flag("--json", options.json, "Print JSON instead of text");
  verb->footer(
      "Each check has a process of its own, so a crash or a hang is an answer too.\n"
      "Exit codes: 0 all that were tried passed; 1 some did not; 2 wrong usage; 78 no such file.");
  return verb;
}

CLI::App* add_plugin_simulate(CLI::App& plugin, PluginSimulateOptions& options) {
  CLI::App* verb =
      plugin.add_subcommand("simulate", "Put a plugin into simulated clusters where everything goes wrong");
  verb->add_option("file", options.file, "stator_<kind>_<name>.so; no transport")->required()->type_name("FILE");
  verb->add_option("--hours", options.hours, "Of simulated time")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str()
      ->type_name("H");
  verb->add_option("--seed", options.seed, "Of the first history; the others follow")->capture_default_str();
  verb->add_option("--option", options.options, "An option of the instances; may be given again")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  verb->footer(
      "The same seed gives the same histories. One that breaks the plugin is shortened and shown, with what replays "
      "it.\n"
      "Exit codes: 0 all was survived; 1 it was not; 2 wrong usage; 78 no plugin that can be simulated.");
  return verb;
}

CLI::App* add_plugin_describe(CLI::App& plugin, PluginDescribeOptions& options) {
  CLI::App* verb = plugin.add_subcommand("describe", "What a plugin says of itself, and the options it has");
  verb->add_option("file", options.file, "stator_<kind>_<name>.so")->required()->type_name("FILE");
  verb->add_flag("--json", options.json, "Print JSON instead of text");
  return verb;
}

CLI::App* add_plugin_new(CLI::App& plugin, PluginNewOptions& options) {
  CLI::App* verb = plugin.add_subcommand("new", "Begin a plugin: sources, tests and build files in a directory NAME");
  verb->add_option("kind", options.kind, "resolver, datatype, storage, membership or transport")
      ->required()
      ->check(CLI::IsMember({"resolver", "datatype", "storage", "membership", "transport"}))
      ->type_name("KIND");
  verb->add_option("name", options.name, "a-z, 0-9 and _; a letter first")->required()->type_name("NAME");
  verb->add_option("--in", options.directory, "Make the directory in this one [.]")->type_name("DIRECTORY");
  verb->footer("What is there already is left alone. Exit codes: 0 made; 1 there is such a directory; 2 wrong usage.");
  return verb;
}

}  // namespace stator::cli
