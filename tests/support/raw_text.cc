#include "support/raw_text.h"

#include "base/output.h"
#include "emit/dump/dump_raw.h"

namespace btfx::test {

std::string raw_text(const Btf& btf) {
  StringOutput out;
  dump_raw(btf, TypeSelection::own(btf), out);
  return out.text();
}

}  // namespace btfx::test
