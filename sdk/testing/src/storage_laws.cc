#include "stator/testing/storage_laws.h"

#include "storage_law_list.h"

namespace stator::testing {

std::span<const StorageLaw> storage_laws() {
  static constexpr StorageLaw kLaws[] = {
      {"AgreesWithAMap", "any sequence of writes, gets and scans answers as std::map would", false, agrees_with_a_map},
      {"ScansHalfOpenRangesInByteOrder", "a scan visits [first, last) ascending, bytes unsigned", false,
       scans_half_open_ranges_in_byte_order},
      {"LaterMutationOfAKeyWins", "within a batch, the last mutation of a key is the one that counts", false,
       later_mutation_of_a_key_wins},
      {"KeepsEmptyAndLargeValues", "values of no byte and of megabytes come back byte for byte", false,
       keeps_empty_and_large_values},
      {"ReadersRunBesideTheWriter", "gets and scans run in parallel with writes, and see those that returned before",
       false, readers_run_beside_the_writer},
      {"ReopensAsItWasClosed", "a storage that was closed opens with exactly what it held", false,
       reopens_as_it_was_closed},
      {"RefusesASecondOpener", "a directory that is open is refused to others, by name", false,
       refuses_a_second_opener},
      {"CheckpointsOpenAsTheStorageWas", "a checkpoint opens with what was written before it", false,
       checkpoints_open_as_the_storage_was},
      {"AcknowledgedWritesSurviveAKill", "killed at any file operation, it opens with every write that returned OK",
       true, acknowledged_writes_survive_a_kill},
      {"AcknowledgedWritesSurviveAPowerCut",
       "with the power cut at any file operation, it opens with every write that returned OK", true,
       acknowledged_writes_survive_a_power_cut},
      {"BatchesAreWholeAfterAPowerCut", "a batch that was being written is there wholly or not at all", true,
       batches_are_whole_after_a_power_cut},
      {"StopsAfterAFailedSync",
       "after an error of the disk every write fails the same way, and no acknowledged one is lost", true,
       stops_after_a_failed_sync},
      {"SaysWhenTheDiskIsFull", "a full disk is storage_full, loses nothing, and passes", true,
       says_when_the_disk_is_full},
      {"AcknowledgedWritesSurviveKill9", "a process killed after a write returned OK leaves a storage that has it",
       false, acknowledged_writes_survive_kill_9, true},
  };
  return kLaws;
}

bool applies(const StorageLaw& law, const StorageUnderTest& storage) {
  return storage.directory.empty() ? !law.needs_real_files : !law.needs_modelled_files;
}

}  // namespace stator::testing
