// What `btfx list` says about one source.
#pragma once

#include <string>

#include "emit/report/json_results.h"
#include "results/listing.h"

namespace btfx {

/// The line that names the columns of listing_row(), and one line about a source. Columns are separated by blanks and
/// none is empty, the source stands last. Control characters are written as \xNN.
std::string listing_header();
std::string listing_row(const Listing& listing);
JsonRecord listing_record(const Listing& listing);

}  // namespace btfx
