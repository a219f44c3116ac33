#pragma once

#include <string>
#include <vector>

#include "stator/testing/storage_laws.h"

// The functions behind storage_laws(), each what StorageLaw::violations says.

namespace stator::testing {

using Violations = std::vector<std::string>;

Violations agrees_with_a_map(const StorageUnderTest& storage);
Violations scans_half_open_ranges_in_byte_order(const StorageUnderTest& storage);
Violations later_mutation_of_a_key_wins(const StorageUnderTest& storage);
Violations keeps_empty_and_large_values(const StorageUnderTest& storage);
Violations readers_run_beside_the_writer(const StorageUnderTest& storage);
Violations reopens_as_it_was_closed(const StorageUnderTest& storage);
Violations refuses_a_second_opener(const StorageUnderTest& storage);
Violations checkpoints_open_as_the_storage_was(const StorageUnderTest& storage);
Violations acknowledged_writes_survive_a_kill(const StorageUnderTest& storage);
Violations acknowledged_writes_survive_a_power_cut(const StorageUnderTest& storage);
Violations batches_are_whole_after_a_power_cut(const StorageUnderTest& storage);
Violations stops_after_a_failed_sync(const StorageUnderTest& storage);
Violations acknowledged_writes_survive_kill_9(const StorageUnderTest& storage);
Violations says_when_the_disk_is_full(const StorageUnderTest& storage);

}  // namespace stator::testing
