// Two BTFs: two bytes (big-endian) tell how many of the following are the first one's. They are compared both ways, and
// told in every form; what is compared with itself must be equal.
#include <cstdlib>

#include "base/error.h"
#include "btf/btf.h"
#include "emit/report/diff_report.h"
#include "fuzz.h"
#include "transform/diff/diff.h"

namespace {

void tell(const btfx::DiffSide& before, const btfx::DiffSide& after) {
  btfx::DiffReport report;
  const btfx::Diff diff = btfx::compare(before, after);
  report.changes = diff.changes;
  btfx::StringOutput out;
  btfx::write_diff_text(report, {.color = true, .summary = false}, out);
  btfx::write_diff_json(report, false, false, out);
  btfx::write_diff_html(report, {}, out);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t first_size = std::size_t{data[0]} << 8 | data[1];
  if (first_size > size - 2) return 0;
  try {
    const btfx::BtfPtr first = btfx::Btf::parse(btfx::test::input_bytes(data + 2, first_size));
    const btfx::BtfPtr second = btfx::Btf::parse(btfx::test::input_bytes(data + 2 + first_size, size - 2 - first_size));
    tell({first}, {second});
    tell({second}, {first});
    if (!btfx::compare({first}, {first}).changes.empty()) std::abort();
  } catch (const btfx::Error&) {
  }
  return 0;
}
