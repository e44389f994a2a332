// A blob without a base, in every format that types are printed in.
#include <string_view>

#include "base/error.h"
#include "btf/btf.h"
#include "emit/c/dump_c.h"
#include "emit/dump/dump_json.h"
#include "emit/dump/dump_layout.h"
#include "emit/dump/dump_raw.h"
#include "fuzz.h"

namespace {

using namespace btfx;

struct Enough {};

/// Takes so much text and no more: a small input can ask for very much.
class Sink : public Output {
 public:
  void write(std::string_view text) override {
    written_ += text.size();
    if (written_ > (std::size_t{1} << 20)) throw Enough{};
  }

 private:
  std::size_t written_ = 0;
};

template <typename Dump>
void try_dump(const Dump& dump) {
  Sink sink;
  try {
    dump(sink);
  } catch (const Error&) {
  } catch (const Enough&) {
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BtfPtr btf;
  try {
    btf = Btf::parse(test::input_bytes(data, size));
  } catch (const Error&) {
    return 0;
  }
  const TypeSelection own = TypeSelection::own(*btf);
  Diagnostics diagnostics;
  try_dump([&](Output& out) { dump_raw(*btf, own, out); });
  try_dump([&](Output& out) { dump_json(*btf, own, JsonLayout::compact, out); });
  try_dump([&](Output& out) { dump_json(*btf, own, JsonLayout::pretty, out); });
  try_dump([&](Output& out) { dump_layout(*btf, own, {.anonymous = true}, out); });
  try_dump([&](Output& out) { dump_layout_json(*btf, own, {}, false, out); });
  const LayoutQuery holders{.contains = {"*"}, .pointers_to = {"*"}};
  try_dump([&](Output& out) { dump_layout(*btf, own, {.anonymous = true, .expand = true, .query = holders}, out); });
  try_dump([&](Output& out) { dump_layout(*btf, own, {.sizes = true, .query = {.holes = 1}}, out); });
  try_dump([&](Output& out) { dump_c(*btf, {}, out, diagnostics); });
  try_dump([&](Output& out) { dump_c(*btf, {.sorted = false}, out, diagnostics); });
  try_dump([&](Output& out) {
    dump_c(*btf, {.kfuncs = Kfuncs::all, .cplusplus = true, .avoid_libc = true}, out, diagnostics);
  });
  return 0;
}
