#include "btf/kernel_rules/validate.h"

#include <cerrno>
#include <string>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"

using namespace btfx;
using namespace btfx::test;

namespace {

BtfVerdict validate(const Bytes& blob, const ValidateOptions& options, const Btf* base = nullptr) {
  return validate_btf(blob.view(), options, base);
}

std::vector<std::string> rules_of(const BtfVerdict& verdict) {
  std::vector<std::string> names;
  for (const BtfFinding& finding : verdict.findings) names.emplace_back(to_string(finding.rule));
  return names;
}

BtfVerdict judge(const BtfBuilder& builder, ValidateOptions options = {}) {
  options.log_limit = 1 << 20;
  const Bytes blob = builder.finish(native_order, BtfHeader::old_length);
  return validate(blob, options);
}

/// The log behind the nine lines on the header.
std::string types_log(const BtfVerdict& verdict) {
  const auto end = verdict.log.find("btf_total_size:");
  return verdict.log.substr(verdict.log.find('\n', end) + 1);
}

}  // namespace

TEST_CASE("the log of a sound BTF has the header and every type") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  b.add_composite(Kind::struct_, "point", 8, true);
  b.add_member("x", TypeId{1}, 0);
  b.add_member("y", TypeId{1}, 32, 31);
  b.add(Kind::enum_, "", 4, {}, 0, true);
  b.add_enumerator("NO", 0xffffffff);
  b.add(Kind::func_proto, {}, 0);
  b.add_param("a", TypeId{1});
  b.add_param("", TypeId{0});
  const BtfVerdict verdict = judge(b);
  CHECK(verdict.ok());
  CHECK(verdict.findings.empty());
  CHECK(verdict.log ==
        "magic: 0xeb9f\nversion: 1\nflags: 0x0\nhdr_len: 24\ntype_off: 0\ntype_len: 100\nstr_off: 100\nstr_len: 20\n"
        "btf_total_size: 144\n"
        "[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
        "[2] STRUCT point size=8 vlen=2\n"
        "\tx type_id=1 bitfield_size=0 bits_offset=0\n"
        "\ty type_id=1 bitfield_size=31 bits_offset=32\n"
        "[3] ENUM (anon) size=4 vlen=1\n"
        "\tNO val=-1\n"
        "[4] FUNC_PROTO (anon) return=0 args=(1 a, vararg)\n");
}

TEST_CASE("the log is cut at its limit and left out without one") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  const Bytes blob = b.finish(native_order, BtfHeader::old_length);
  CHECK(validate(blob, {.log_limit = 20}).log == "magic: 0xeb9f\nversio");
  CHECK(validate(blob, {}).log.empty());
}

TEST_CASE("the first finding is the verdict, with the kernel's line") {
  BtfBuilder b;
  b.add_ptr(TypeId{2});
  b.add(Kind::typedef_, "1st", 1);
  b.add(Kind::typedef_, "2nd", 1);
  const BtfVerdict verdict = judge(b);
  CHECK(verdict.error == EINVAL);
  REQUIRE(verdict.findings.size() == 1);
  CHECK(verdict.findings[0].rule == BtfRule::name);
  CHECK(verdict.findings[0].type == TypeId{2});
  CHECK(verdict.findings[0].line == "[2] TYPEDEF 1st type_id=1 Invalid name");
  CHECK(types_log(verdict) == "[1] PTR (anon) type_id=2\n[2] TYPEDEF 1st type_id=1 Invalid name\n");
}

TEST_CASE("all findings can be had, but not what follows from them") {
  BtfBuilder b;
  b.add(Kind::typedef_, "1st", 2);  // 1
  b.add(Kind::typedef_, "t", 1);    // 2: rests on 1
  b.add(Kind::fwd, "2nd", 0);       // 3
  b.add(Kind::const_, {}, 5);       // 4: a loop with 5
  b.add(Kind::const_, {}, 4);       // 5
  b.add_ptr(TypeId{4});             // 6: rests on 4
  b.add_ptr(TypeId{9});             // 7: there is no 9
  const BtfVerdict verdict = judge(b, {.all_findings = true});
  CHECK(verdict.error == EINVAL);
  CHECK(rules_of(verdict) == std::vector<std::string>{"name", "name", "resolve-loop", "target"});
  CHECK(verdict.findings[2].line == "[4] CONST (anon) type_id=5 Loop detected");
  CHECK(verdict.findings[2].error == EEXIST);
  CHECK(judge(b, {.all_findings = true, .max_findings = 2}).findings.size() == 2);
}

TEST_CASE("blobs that go on after a fault in the header") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  const Bytes good = b.finish(native_order, BtfHeader::old_length);
  const Bytes bad = patched(patched(good, 2, {2, 1}), good.size() - 1, {'x'});
  const BtfVerdict verdict = validate(bad, {.all_findings = true});
  CHECK(rules_of(verdict) == std::vector<std::string>{"version", "flags", "strings-invalid"});
  CHECK(verdict.error == error_not_supported);
  CHECK(verdict.findings[0].line == "Unsupported version");
}

TEST_CASE("type tags come before other modifiers") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  b.add(Kind::type_tag, "user", 1);
  b.add(Kind::const_, {}, 2);
  const BtfVerdict verdict = judge(b);
  CHECK(verdict.error == EINVAL);
  CHECK(verdict.findings.at(0).line == "Type tags don't precede modifiers");
  CHECK(verdict.findings[0].type == TypeId{3});
}

TEST_CASE("types are not resolved on the kernel's own path") {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  b.add_composite(Kind::struct_, "small", 1);
  b.add_member("large", TypeId{1}, 0);
  b.add(Kind::const_, {}, 4);
  b.add(Kind::const_, {}, 3);
  CHECK(judge(b).findings.at(0).rule == BtfRule::member_end);
  const BtfVerdict kernel = judge(b, {.path = LoadPath::kernel});
  CHECK(kernel.error == ELOOP);
  CHECK(kernel.findings.at(0).rule == BtfRule::chain_length);
  CHECK(kernel.log == "Max chain length or cycle detected");

  BtfBuilder nowhere;
  nowhere.add(Kind::const_, {}, 7);
  const BtfVerdict broken = judge(nowhere, {.path = LoadPath::kernel});
  CHECK(broken.error == EINVAL);
  CHECK(broken.findings.at(0).rule == BtfRule::chain_broken);
  CHECK(broken.log.empty());
}

TEST_CASE("split BTF is judged on its base") {
  const BtfPtr base = small_base().build();
  BtfBuilder split(base);
  split.add_composite(Kind::struct_, "own", 8);
  split.add_member("held", TypeId{2}, 0);
  split.add(Kind::const_, {}, 4);
  const ValidateOptions options{.path = LoadPath::kernel};
  const Bytes good = split.finish(native_order, BtfHeader::old_length);
  CHECK(validate(good, options, base.get()).ok());

  // `base_type` of the base, from its second letter on, and a string beyond all.
  const std::uint32_t inside = raw(base->type(TypeId{2}).name_offset()) + 1;
  CHECK(validate(patched_word(good, 24, inside), options, base.get()).ok());
  const BtfVerdict beyond = validate(patched_word(good, 24, base->string_end() + 9), options, base.get());
  CHECK(beyond.error == EINVAL);
  CHECK(beyond.findings.at(0).line == "[5] Invalid name_offset:" + std::to_string(base->string_end() + 9));
  const BtfVerdict in_the_way = validate(patched_word(good, 48, base->string_end()), options, base.get());
  CHECK(in_the_way.findings.at(0).line == "[6] CONST own type_id=4 Invalid name");

  // An empty split BTF is nothing to complain about.
  const BtfBuilder empty(base);
  CHECK(validate(empty.finish(native_order, BtfHeader::old_length), options, base.get()).ok());
}

TEST_CASE("any blob cut at any length is judged") {
  const Bytes blob = all_kinds().finish();
  for (std::size_t length = 0; length < blob.size(); ++length) {
    const Bytes cut = exact_copy(blob.view().first(length));
    CHECK_FALSE(validate(cut, {.all_findings = true}).ok());
    CHECK_FALSE(validate(cut, {.path = LoadPath::kernel}).ok());
  }
}
