// Records as the JSON that comes out.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "emit/report/json_results.h"

namespace btfx::test {

/// The record in one line.
inline std::string json_text(const Record& record) {
  return to_json(record).dump();
}

}  // namespace btfx::test
