// A BTF as the raw dump shows it: what tests of transforms compare.
#pragma once

#include <string>

#include "btf/btf.h"

namespace btfx::test {

/// The own types of a BTF, one line each and one for each element.
std::string raw_text(const Btf& btf);

}  // namespace btfx::test
