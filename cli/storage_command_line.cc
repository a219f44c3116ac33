#include "cli/storage_command_line.h"

#include <CLI/CLI.hpp>

namespace stator::cli {
namespace {

void add_under(CLI::App* verb, StoredUnder& under) {
  verb->add_option("--config", under.config, "The cluster's file, for the options of [storage.NAME] [all defaults]")
      ->type_name("FILE");
  verb->add_option("--storage", under.storage, "NAME in that file [as the directory is called]")
      ->needs("--config")
      ->type_name("NAME");
  verb->add_option("--plugins", under.plugins,
                   "Where the storage plugins are [as the file says, or beside this program]")
      ->type_name("DIR");
}

}  // namespace

CLI::App* add_storage_convert(CLI::App& storage, StorageConvertOptions& options) {
  CLI::App* verb =
      storage.add_subcommand("convert", "Have a storage written by the plugin the configuration now names");
  verb->add_option("storage", options.storage, "NAME of [storage.NAME]")->required();
  verb->add_option("--config", options.config, "The cluster's file, with the new plugin in it")->required();
  verb->add_option("--node-id", options.node, "The node, which must not run")->required();
  verb->add_option("--from-config", options.from_config,
                   "The file as it was, if the old plugin had options in it [all its defaults]");
  verb->add_flag("--json", options.json, "Print JSON instead of text");
  verb->footer("What the storage was is kept beside it, as it is. Each node is converted by itself.");
  return verb;
}

CLI::App* add_storage_check(CLI::App& storage, StorageCheckOptions& options) {
  CLI::App* verb = storage.add_subcommand("check", "Verify the files of a node that does not run, and change none");
  verb->add_option("directory", options.directories, "A node's data_dir, or one storage in it; several may be given")
      ->required()
      ->type_name("DIR");
  add_under(verb, options.under);
  verb->add_flag("--json", options.json, "Print JSON instead of text");
  verb->footer(
      "Exit codes: 0 sound; 1 damaged; 2 wrong usage; 78 no node's data, in use, or of a plugin that is missing or\n"
      "needs options that were not given.");
  return verb;
}

CLI::App* add_storage_quarantine(CLI::App& storage, StorageQuarantineOptions& options) {
  CLI::App* verb = storage.add_subcommand(
      "quarantine", "Set damaged files aside, keep what is whole, and have the node filled by its peers");
  verb->add_option("directory", options.directory, "The node's data_dir, or one storage in it")
      ->required()
      ->type_name("DIR");
  add_under(verb, options.under);
  verb->add_flag("--json", options.json, "Print JSON instead of text");
  verb->footer(
      "Nothing is deleted: the files are kept, as they are, in quarantine/TIME beside the new ones, which are written\n"
      "with the same options.\n"
      "Exit codes: 0 done, or sound; 1 failed; 2 wrong usage; 78 no node's data, in use, or the plugin cannot do it.");
  return verb;
}

}  // namespace stator::cli
