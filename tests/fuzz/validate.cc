// Any bytes, judged by the kernel's rules of several generations; what is judged without a finding must parse.
#include "btf/kernel_rules/validate.h"

#include <cstdlib>

#include "base/error.h"
#include "btf/btf.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace btfx;
  const Bytes blob = test::input_bytes(data, size);
  for (const bool newest : {false, true}) {
    for (const LoadPath path : {LoadPath::user, LoadPath::kernel}) {
      for (const bool all_findings : {false, true}) {
        ValidateOptions options;
        options.kernel.wide_vlen = newest;
        options.kernel.layout = newest;
        options.path = path;
        options.all_findings = all_findings;
        options.log_limit = 1 << 16;
        const BtfVerdict verdict = validate_btf(blob.view(), options);
        if (verdict.log.size() > options.log_limit) std::abort();
        if (verdict.ok() && path == LoadPath::user) Btf::parse(blob);
        if (!verdict.ok() && verdict.findings.empty()) std::abort();
      }
    }
  }
  return 0;
}
