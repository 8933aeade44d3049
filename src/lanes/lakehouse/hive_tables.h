#pragma once

#include "core/lane.h"
#include "lanes/lakehouse/facts.h"
#include "lanes/lakehouse/lakehouse_run.h"

#include <functional>
#include <stop_token>
#include <string>

namespace godwit::lakehouse {

/// The present fingerprint of a Hive table: its entry and partitions in the export, and its complete listing, read
/// again.
Result<std::string> hive_fingerprint(const Ends& ends, const TableMove& move, std::stop_token stop);

/// The partitions of a Hive table as the export has them, in order of their encoded values; of an unpartitioned table
/// one without values at the table's location. Only what is readable: a location without a map is an error.
Status each_partition(const Ends& ends, const TableMove& move, std::stop_token stop,
                      const std::function<Status(const PartitionFacts&)>& visit);

} // namespace godwit::lakehouse
