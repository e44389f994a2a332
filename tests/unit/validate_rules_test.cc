#include "btf/kernel_rules/rules.h"

#include <cerrno>
#include <cstddef>
#include <string>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"

using namespace btfx;
using namespace btfx::test;

namespace {

BtfVerdict validate(const Bytes& blob, const ValidateOptions& options, const Btf* base = nullptr) {
  return validate_btf(blob.view(), options, base);
}

}  // namespace

TEST_CASE("rules have names, errors and texts") {
  CHECK(to_string(BtfRule::blob_size) == "blob-size");
  CHECK(to_string(BtfRule::special_fields) == "special-fields");
  CHECK(rule_text(BtfRule::resolve_depth).error == E2BIG);
  CHECK(rule_text(BtfRule::int_encoding).error == error_not_supported);
  CHECK(rule_text(BtfRule::member_end).text == "Member exceeds struct_size");
}

TEST_CASE("a release names its rules") {
  const auto kinds = [](std::string_view release) { return KernelRules::of_release(release).highest_kind; };
  CHECK(kinds("5.10.209") == 15);
  CHECK(kinds("5.13.0") == 16);
  CHECK(kinds("5.16.20-200.fc35") == 17);
  CHECK(kinds("5.17") == 18);
  CHECK(kinds("6.0.0") == 19);
  CHECK(kinds("6.12.115+deb12-amd64") == 19);
  CHECK(KernelRules::of_release("6.0.19").identifier_limit == 128);
  CHECK(KernelRules::of_release("6.1.0-55-amd64").identifier_limit == 512);
  CHECK_FALSE(KernelRules::of_release("6.10.9").relocates);
  CHECK(KernelRules::of_release("6.11").relocates);
  CHECK_FALSE(KernelRules::of_release("6.14.11").tag_kind_flag);
  CHECK(KernelRules::of_release("6.15-rc1").tag_kind_flag);
  CHECK_FALSE(KernelRules::of_release("6.12-rc1").ownership_depth);
  CHECK(KernelRules::of_release("6.12.113").ownership_depth);
  CHECK_FALSE(KernelRules::of_release("6.18.44").ownership_depth);
  CHECK_FALSE(KernelRules::of_release("6.8.12").any_section_name);
  for (const char* newer : {"6.9", "6.9.0-rc1", "6.10.14", "6.11.0", "6.12.1"}) {
    CHECK(KernelRules::of_release(newer).any_section_name);
  }
  // Whatever a distribution took in.
  for (const char* first : {"6.12", "6.12.0-55.el10", "6.12-rc7"}) {
    CHECK(KernelRules::of_release(first).version == kernel_version(6, 12));
    CHECK_FALSE(KernelRules::of_release(first).nested_locks_count);
    CHECK_FALSE(KernelRules::of_release(first).ownership_depth);
  }
  CHECK(KernelRules::of_release("6.12.112").nested_locks_count);
  CHECK_FALSE(KernelRules::of_release("6.12.112").ownership_depth);
  for (const char* unknown : {"", "x", "6", "6.", "next-20260101"}) CHECK(kinds(unknown) == 19);
}

TEST_CASE("older kernels refuse what came later") {
  const auto first_line = [](const BtfBuilder& b, std::string_view release) {
    const Bytes blob = b.finish(native_order, BtfHeader::old_length);
    const BtfVerdict verdict = validate(blob, {.kernel = KernelRules::of_release(release)});
    return verdict.findings.empty() ? std::string() : verdict.findings[0].line;
  };
  BtfBuilder wide;
  wide.add(Kind::enum64, "e", 8);
  CHECK(first_line(wide, "5.19") == "[1] Invalid kind:19");
  CHECK(first_line(wide, "6.0").empty());

  BtfBuilder sections;
  sections.add_int("int", 4);
  sections.add(Kind::var, "v", 1, {1});
  sections.add(Kind::datasec, "rodata (1)", 4);
  sections.add_entry(TypeId{2}, 0, 4);
  CHECK(first_line(sections, "6.1.192") == "[3] DATASEC rodata (1) size=4 vlen=1 Invalid name");
  CHECK(first_line(sections, "6.8") == "[3] DATASEC rodata (1) size=4 vlen=1 Invalid name");
  CHECK(first_line(sections, "6.9").empty());

  BtfBuilder tags;
  tags.add_int("int", 4);
  tags.add(Kind::type_tag, "noderef", 1, {}, 0, true);
  CHECK(first_line(tags, "6.14") == "[2] TYPE_TAG noderef type_id=1 Invalid btf_info kind_flag");
  CHECK(first_line(tags, "6.15").empty());
  BtfBuilder declared;
  declared.add_int("int", 4);
  declared.add(Kind::typedef_, "t", 1);
  declared.add(Kind::decl_tag, "x", 2, {0xffffffff}, 0, true);
  CHECK(first_line(declared, "6.14") == "[3] DECL_TAG x type=2 component_idx=-1 Invalid btf_info kind_flag");
  CHECK(first_line(declared, "6.15").empty());

  const std::string name(129, 'n');
  BtfBuilder named;
  named.add(Kind::fwd, name, 0);
  CHECK(first_line(named, "5.15") == "[1] FWD " + name + " struct Invalid name");
  CHECK(first_line(named, "6.1").empty());
}

TEST_CASE("newer kernels read wider records and a layout section") {
  BtfBuilder b;
  b.add(Kind::enum_, "e", 4, {}, 0);
  const Bytes narrow = b.finish(native_order, BtfHeader::layout_header_length);
  // An enum with 65,536 values does not fit here; its vlen alone tells the rules apart.
  const Bytes wide = patched_word(narrow, 36, InfoWord(Kind::enum_, 0x10000, false).word);
  CHECK(validate(wide, {}).findings.at(0).line == "[1] Invalid btf_info:6010000");
  KernelRules rules;
  rules.wide_vlen = true;
  CHECK(validate(wide, {.kernel = rules}).findings.at(0).line == "[1] ENUM e meta_left:0 meta_needed:524288");

  // Types, then four bytes of layout, then strings.
  std::vector<std::byte> bytes(narrow.view().begin(), narrow.view().end());
  bytes.insert(bytes.begin() + 44, 4, std::byte{0});
  const Bytes laid_out = patched_word(patched_word(patched_word(Bytes(bytes), 16, 16), 24, 12), 28, 4);
  const BtfVerdict old_kernel = validate(laid_out, {});
  CHECK(old_kernel.error == E2BIG);
  CHECK(old_kernel.findings.at(0).line == "Unsupported btf_header");
  rules.layout = true;
  CHECK(validate(laid_out, {.kernel = rules}).ok());
  const auto line = [&](const Bytes& blob) {
    const BtfVerdict verdict = validate(blob, {.kernel = rules});
    return verdict.findings.empty() ? std::string() : verdict.findings[0].line;
  };
  // The strings grow by what the layout loses.
  CHECK(line(patched_word(patched_word(patched_word(laid_out, 28, 2), 16, 14), 20, 5)) ==
        "Layout section is too small");
  CHECK(line(patched_word(laid_out, 28, 6)) == "Section overlap found");
}

TEST_CASE("BTF in the kernel's own byte order") {
  const Bytes big = all_kinds().finish(ByteOrder::big);
  const BtfVerdict swapped = validate(big, {.kernel = {.byte_order = ByteOrder::little}});
  CHECK(swapped.findings.at(0).rule == BtfRule::header_truncated);
  const ValidateOptions of_big{.kernel = {.byte_order = ByteOrder::big}, .path = LoadPath::kernel};
  CHECK(validate(big, of_big).ok());
}

TEST_CASE("Linux 7.2 has rules of its own, by its release and by what it is called") {
  for (const KernelRules& rules :
       {KernelRules::of_release("7.2.13+deb14-amd64"), KernelRules::of_release("7.3-rc7"), KernelRules::newest()}) {
    CHECK(rules.layout);
    CHECK(rules.wide_vlen);
    CHECK_FALSE(rules.tag_order);
  }
  const KernelRules before = KernelRules::of_release("6.19.11"), now = KernelRules::of_release("7.2.13");
  CHECK_FALSE(before.layout);
  CHECK_FALSE(before.wide_vlen);
  CHECK(before.tag_order);
  const auto line = [](const Bytes& blob, const KernelRules& rules) {
    const BtfVerdict verdict = validate(blob, {.kernel = rules});
    return verdict.findings.empty() ? std::string() : verdict.findings[0].line;
  };

  BtfBuilder kinds;
  kinds.add_int("int", 4, 1);
  const Bytes number = kinds.finish(native_order, BtfHeader::old_length);
  const Bytes unknown = patched_word(number, 24 + 4, InfoWord(static_cast<Kind>(98), 0, false).word);
  CHECK(line(unknown, now) == "[1] Invalid kind:98");
  CHECK(line(unknown, before) == "[1] Invalid btf_info:62000000");
  const Bytes long_int = patched_word(number, 24 + 4, InfoWord(Kind::int_, 0x10000, false).word);
  CHECK(line(long_int, now) == "[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED vlen != 0");
  CHECK(line(long_int, before) == "[1] Invalid btf_info:1010000");

  // Type tags behind other modifiers; how many links there are is looked at as ever.
  BtfBuilder tags;
  tags.add_int("int", 4, 1);
  tags.add(Kind::type_tag, "tag", 1);
  tags.add(Kind::const_, {}, 2);
  CHECK(line(tags.finish(native_order, BtfHeader::old_length), before) == "Type tags don't precede modifiers");
  CHECK(line(tags.finish(native_order, BtfHeader::old_length), now).empty());
  tags.add(Kind::typedef_, "t", 2);
  tags.add(Kind::type_tag, "outer", 4);
  CHECK(line(tags.finish(native_order, BtfHeader::old_length), now).empty());
  BtfBuilder endless;
  endless.add_int("int", 4, 1);
  endless.add(Kind::type_tag, "tag", 3);
  endless.add(Kind::const_, {}, 2);
  const BtfVerdict loop =
      validate(endless.finish(native_order, BtfHeader::old_length), {.kernel = now, .path = LoadPath::kernel});
  CHECK(loop.error == ELOOP);
  CHECK(loop.findings.at(0).line == "Max chain length or cycle detected");
}

TEST_CASE("Linux 7.2 logs where the layout section is, and looks at it on the way of bpf(2) alone") {
  const KernelRules now = KernelRules::newest();
  BtfBuilder b;
  b.add_int("int", 4, 1);
  const BtfVerdict plain = validate(b.finish(), {.kernel = now, .log_limit = 4096});
  CHECK(plain.log ==
        "magic: 0xeb9f\nversion: 1\nflags: 0x0\nhdr_len: 32\ntype_off: 0\ntype_len: 16\nstr_off: 16\nstr_len: 5\n"
        "layout_off: 0\nlayout_len: 0\nbtf_total_size: 53\n"
        "[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n");
  static constexpr std::byte entries[4] = {};
  const Bytes laid_out = assemble_btf(b.words(), b.strings().bytes(), native_order, BtfHeader::layout_header_length,
                                      {entries, native_order});
  CHECK(validate(laid_out, {.kernel = now, .log_limit = 4096}).log.find("layout_off: 16\nlayout_len: 4\n") !=
        std::string::npos);
  // Two bytes longer, of which the strings give up none.
  std::vector<std::byte> bytes(laid_out.view().begin(), laid_out.view().end());
  bytes.insert(bytes.begin() + 32 + 20, 2, std::byte{0});
  const Bytes uneven = patched_word(patched_word(Bytes(bytes), 28, 6), 16, 22);
  CHECK(validate(uneven, {.kernel = now}).findings.at(0).line == "layout_len is not multiple of 4");
  CHECK(validate(uneven, {.kernel = now, .path = LoadPath::kernel}).ok());
  // Where it lies is looked at on every way.
  const Bytes gap = patched_word(laid_out, 24, 20);
  for (const LoadPath path : {LoadPath::user, LoadPath::kernel}) {
    CHECK(validate(gap, {.kernel = now, .path = path}).findings.at(0).line == "Unsupported section found");
  }
}
