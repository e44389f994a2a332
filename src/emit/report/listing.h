// What `btfx list` says about one source.
#pragma once

#include "emit/report/record.h"
#include "emit/report/table.h"
#include "results/listing.h"

namespace btfx {

Table listing_table();
Record listing_record(const Listing& listing);

/// What `btfx list` says about the BTF objects of the running kernel.
Table running_table();
Record running_record(const ListedObject& object);

}  // namespace btfx
