#include <cerrno>
#include <vector>

#include "btf/builder.h"
#include "btf/kernel_rules/validate.h"
#include "catch.h"
#include "support/btf_samples.h"

using namespace btfx;
using namespace btfx::test;

namespace {

BtfVerdict validate(const Bytes& blob, const ValidateOptions& options, const Btf* base = nullptr) {
  return validate_btf(blob.view(), options, base);
}

struct Expected {
  BtfRule rule;
  int error;
  std::string log_end;
};

Expected verdict_on(const Bytes& blob) {
  const BtfVerdict verdict = validate(blob, {.log_limit = 4096});
  const auto total = verdict.log.find("btf_total_size:");
  const std::string end =
      total == std::string::npos ? verdict.log : verdict.log.substr(verdict.log.find('\n', total) + 1);
  REQUIRE(verdict.findings.size() == 1);
  return {verdict.findings[0].rule, verdict.error, end};
}

void check(const Bytes& blob, BtfRule rule, int error, const std::string& text) {
  const Expected found = verdict_on(blob);
  CHECK(to_string(found.rule) == to_string(rule));
  CHECK(found.error == error);
  CHECK(found.log_end == text);
}

}  // namespace

TEST_CASE("faults of the header, in the kernel's words") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  const Bytes good = b.finish(native_order, 24);  // 16 bytes of types, 5 of strings
  REQUIRE(validate(good, {}).ok());

  check(Bytes(std::vector<std::byte>((std::size_t{16} << 20) + 1)), BtfRule::blob_size, E2BIG, "");
  check(good.slice(0, 7), BtfRule::header_short, EINVAL, "hdr_len not found");
  check(good.slice(0, 23), BtfRule::header_truncated, EINVAL, "btf_header not found");
  check(patched_word(good, 4, 28), BtfRule::header_unknown, E2BIG, "Unsupported btf_header");
  check(patched(good, 0, {0}), BtfRule::magic, EINVAL, "Invalid magic");
  check(patched_word(good, 4, 0), BtfRule::magic, EINVAL, "Invalid magic");
  check(patched(good, 2, {0}), BtfRule::version, error_not_supported, "Unsupported version");
  check(patched(good, 3, {1}), BtfRule::flags, error_not_supported, "Unsupported flags");
  check(good.slice(0, 24), BtfRule::no_data, EINVAL, "No data");
  check(patched_word(good, 8, 22), BtfRule::section_gap, EINVAL, "Unsupported section found");
  check(patched_word(good, 16, 22), BtfRule::section_offset, EINVAL, "Invalid section offset");
  check(patched_word(good, 16, 17), BtfRule::section_gap, EINVAL, "Unsupported section found");
  check(patched_word(good, 16, 12), BtfRule::section_overlap, EINVAL, "Section overlap found");
  check(patched_word(good, 20, 6), BtfRule::section_length, EINVAL, "Total section length too long");
  check(patched_word(good, 20, 4), BtfRule::trailing_data, EINVAL, "Unsupported section found");
}

TEST_CASE("faults of the sections, in the kernel's words") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  const Bytes good = b.finish(native_order, 24);
  // Strings first: 5 bytes of them, then 16 of types.
  check(patched_word(patched_word(good, 8, 5), 16, 0), BtfRule::strings_not_last, EINVAL,
        "String section is not at the end");
  check(patched(good, 40, {1}), BtfRule::strings_invalid, EINVAL, "Invalid string section");
  check(patched(good, 44, {1}), BtfRule::strings_invalid, EINVAL, "Invalid string section");
  check(patched_word(patched_word(good.slice(0, 40), 16, 16), 20, 0), BtfRule::strings_invalid, EINVAL,
        "Invalid string section");
  check(patched_word(patched_word(patched_word(good, 12, 0), 16, 0), 20, 21), BtfRule::strings_invalid, EINVAL,
        "Invalid string section");
  const Bytes no_types = blob_of({}, std::string_view("\0", 1));
  check(no_types, BtfRule::types_missing, EINVAL, "No type found");
  CHECK(validate(no_types, {.path = LoadPath::kernel}).ok());
  check(patched_word(no_types, 8, 1), BtfRule::types_unaligned, EINVAL, "Unaligned type_off");
}

TEST_CASE("all faults of the sections that leave them readable") {
  BtfBuilder b;
  b.add(Kind::fwd, "9", 0);
  const Bytes good = b.finish(native_order, 24);
  const Bytes longer = [&] {
    std::vector<std::byte> bytes(good.view().begin(), good.view().end());
    bytes.resize(bytes.size() + 4);
    return Bytes(bytes);
  }();
  const BtfVerdict verdict = validate(longer, {.all_findings = true});
  REQUIRE(verdict.findings.size() == 3);
  CHECK(verdict.findings[0].rule == BtfRule::trailing_data);
  CHECK(verdict.findings[1].rule == BtfRule::strings_not_last);
  CHECK(verdict.findings[2].line == "[1] FWD 9 struct Invalid name");
}
