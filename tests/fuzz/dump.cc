// A blob without a base, in every format that it can be dumped in.
#include "base/error.h"
#include "base/output.h"
#include "btf/btf.h"
#include "emit/dump_c.h"
#include "emit/dump_json.h"
#include "emit/dump_raw.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace btfx;
  try {
    const BtfPtr btf = Btf::parse(test::input_bytes(data, size));
    const TypeSelection all = TypeSelection::own(*btf);
    StringOutput out;
    dump_raw(*btf, all, out);
    dump_json(*btf, all, JsonLayout::compact, out);
    dump_json(*btf, all, JsonLayout::pretty, out);
    Diagnostics diagnostics;
    for (const bool other_ways : {false, true}) {
      DumpCOptions options;
      options.sorted = !other_ways;
      options.cplusplus = other_ways;
      options.avoid_libc = other_ways;
      options.kfuncs = other_ways ? Kfuncs::all : Kfuncs::automatic;
      dump_c(*btf, options, out, diagnostics);
    }
  } catch (const Error&) {
  }
  return 0;
}
