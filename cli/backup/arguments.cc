#include "cli/backup/arguments.h"

#include <CLI/CLI.hpp>

namespace stator::cli {
namespace {

CLI::App* add_verb(CLI::App& backup, BackupOptions& options, const char* name, const char* help) {
  CLI::App* verb = backup.add_subcommand(name, help);
  verb->add_option("directory", options.directory, "The backup's directory")->required()->type_name("DIR");
  verb->add_flag("--json", options.json, "Print JSON instead of text");
  return verb;
}

void add_under(CLI::App* verb, StoredUnder& under) {
  verb->add_option("--config", under.config,
                   "The file of the cluster that was backed up, for the options of [storage.NAME] [all defaults]")
      ->type_name("FILE");
  verb->add_option("--plugins", under.plugins,
                   "Where the storage plugins are [as the file says, or beside this program]")
      ->type_name("DIR");
}

}  // namespace

std::vector<BackupVerb> add_backup_verbs(CLI::App& app, BackupOptions& options) {
  CLI::App* backup = app.add_subcommand("backup", "Copies of a whole cluster: take one, verify it, put it back");
  backup->require_subcommand(1);

  CLI::App* create = add_verb(*backup, options, "create", "Copy what every node holds, while they serve");
  create->add_flag("--allow-missing", options.allow_missing, "Go on without nodes that do not answer, and note it");
  create->footer("DIR is new or empty. It is a backup once manifest.json is in it, which is written last.");

  CLI::App* verify = add_verb(*backup, options, "verify", "Verify every file of a backup, and read every record in it");
  add_under(verify, options.under);
  verify->footer("Exit codes: 0 sound; 1 damaged, or changed; 2 wrong usage; 78 no backup, or it cannot be read.");

  CLI::App* restore = add_verb(*backup, options, "restore", "Put a backup into an empty cluster, of any size");
  add_under(restore, options.under);
  restore->add_flag("--abandon", options.abandon, "Put nothing back: only let the cluster forget that it was begun");
  restore->footer("One that was interrupted goes on when the same command is run again.");
  return {{create, BackupOptions::Verb::create},
          {verify, BackupOptions::Verb::verify},
          {restore, BackupOptions::Verb::restore}};
}

}  // namespace stator::cli
