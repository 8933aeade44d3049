#pragma once

#include "clients/catalogue_connection.h"
#include "lanes/lakehouse/assess_target.h"

#include <memory>

namespace godwit::lakehouse {

/// What an assessment asks of a catalogue, over the Iceberg REST protocol.
std::unique_ptr<TargetCatalogue> read_catalogue(std::unique_ptr<clients::CatalogueConnection> connection);

} // namespace godwit::lakehouse
