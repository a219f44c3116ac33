#pragma once

#include <string>

#include "kernel/node/backup_source.h"
#include "kernel/node/restore_sink.h"

namespace stator {

/// What administrators may do to this node, by the names of Clients::act. [a loop]
class AdminActions {
 public:
  using Done = UniqueFunction<void(Outcome<Page>)>;

  /// Both outlive this.
  AdminActions(BackupSource& backup, RestoreSink& restore) : backup_(backup), restore_(restore) {}

  /// The page "backup". [any-thread]
  Page show_backup() const { return backup_.show(); }
  /// `done` comes on `home`, never inside this call. Arguments are JSON in the body, or what the action says.
  void act(const std::string& action, const Bytes& body, Executor& home, Done done);

 private:
  BackupSource& backup_;
  RestoreSink& restore_;
};

}  // namespace stator
