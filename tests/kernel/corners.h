// BTFs that chance would not find.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace btfx::test {

struct Corner {
  std::string name;
  Bytes blob;
};

/// One for each rule or limit that random subjects hardly meet.
std::vector<Corner> corners();

}  // namespace btfx::test
