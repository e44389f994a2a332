#include "btf/kernel_rules/kernel.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {
namespace {

struct Signs {
  std::uint32_t header = 0;                      ///< bytes of struct btf_header; 0: there is none
  std::vector<std::string> functions = {};       ///< of the loader
  std::optional<std::uint64_t> kinds, max_vlen;  ///< enumerators
};

BtfPtr vmlinux(const Signs& signs, ByteOrder order = native_order) {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  if (signs.header != 0) b.add_composite(Kind::struct_, "btf_header", signs.header);
  const std::uint32_t proto = raw(b.add(Kind::func_proto, {}, 0));
  for (const std::string& name : signs.functions) b.add(Kind::func, name, proto);
  b.add(Kind::enum_, {}, 4);
  b.add_enumerator("BTF_KIND_UNKN", 0);
  if (signs.kinds) b.add_enumerator("NR_BTF_KINDS", *signs.kinds);
  b.add(Kind::enum_, "btf_max", 4);
  b.add_enumerator("BTF_MAX_TYPE", 0xfffff);
  if (signs.max_vlen) b.add_enumerator("BTF_MAX_VLEN", *signs.max_vlen);
  return b.build(order);
}

const Signs of_7_2{.header = 32,
                   .functions = {"btf_check_modifier_chain_length", "btf_relocate", "btf_module_notify"},
                   .kinds = 20,
                   .max_vlen = 0xffffff};
const Signs of_6_18{.header = 24,
                    .functions = {"btf_check_type_tags", "btf_relocate", "btf_module_notify"},
                    .kinds = 20,
                    .max_vlen = {}};
const Signs of_6_1{
    .header = 24, .functions = {"btf_check_type_tags", "btf_module_notify"}, .kinds = 20, .max_vlen = {}};

TEST_CASE("A kernel's own BTF tells its rules") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const KernelProfile newest = kernel_profile(*vmlinux(of_7_2, order), "");
    CHECK(newest.is_known);
    CHECK(newest.rules.layout);
    CHECK(newest.rules.wide_vlen);
    CHECK_FALSE(newest.rules.tag_order);
    CHECK(newest.rules.relocates);
    CHECK(newest.rules.version == kernel_version(7, 2));
    CHECK(newest.source ==
          "the rules are those that its BTF shows (struct btf_header of 32 bytes, BTF_MAX_VLEN 16777215, "
          "btf_check_modifier_chain_length(), btf_relocate(), NR_BTF_KINDS 20), the others those of Linux 7.2");
  }
  const KernelProfile known = kernel_profile(*vmlinux(of_6_18), "6.18.15+deb13-amd64");
  CHECK_FALSE(known.rules.layout);
  CHECK_FALSE(known.rules.wide_vlen);
  CHECK(known.rules.tag_order);
  CHECK(known.rules.version == kernel_version(6, 18));
  CHECK(known.source ==
        "the rules are those that its BTF shows (struct btf_header of 24 bytes, btf_check_type_tags(), btf_relocate(), "
        "NR_BTF_KINDS 20), the others those of release 6.18.15+deb13-amd64");
}

TEST_CASE("What the BTF shows goes before the release, and what it does not show follows the release") {
  // A distribution may take in what a later release brought.
  const KernelProfile mixed = kernel_profile(*vmlinux(of_7_2), "6.12.5");
  CHECK(mixed.rules.layout);
  CHECK(mixed.rules.wide_vlen);
  CHECK_FALSE(mixed.rules.tag_order);
  CHECK_FALSE(mixed.rules.tag_kind_flag);  // of which nothing shows
  CHECK(mixed.rules.version == kernel_version(6, 12));
  // A header of 32 bytes says nothing of the width of vlen.
  Signs between = of_7_2;
  between.max_vlen.reset();
  between.functions = {"btf_check_type_tags", "btf_relocate"};
  const KernelProfile of_both = kernel_profile(*vmlinux(between), "");
  CHECK(of_both.rules.layout);
  CHECK_FALSE(of_both.rules.wide_vlen);
  CHECK(of_both.rules.tag_order);
  const KernelProfile older = kernel_profile(*vmlinux(of_6_18), "7.2.13");
  CHECK_FALSE(older.rules.layout);
  CHECK_FALSE(older.rules.wide_vlen);
  CHECK(older.rules.tag_order);
}

TEST_CASE("Without a release the BTF bounds it") {
  CHECK_FALSE(kernel_profile(*vmlinux(of_6_1), "").rules.relocates);
  CHECK(kernel_profile(*vmlinux(of_6_1), "").rules.version == kernel_version(6, 10));
  CHECK(kernel_profile(*vmlinux(of_6_1), "").source ==
        "the rules are those that its BTF shows (struct btf_header of 24 bytes, btf_check_type_tags(), no "
        "btf_relocate(), "
        "NR_BTF_KINDS 20), the others those of Linux 6.10");
  const auto of_kinds = [](std::uint64_t kinds) {
    return kernel_profile(*vmlinux({.header = 24, .kinds = kinds, .max_vlen = {}}), "").rules;
  };
  CHECK(of_kinds(16).highest_kind == 15);
  CHECK(of_kinds(17).highest_kind == 16);
  CHECK(of_kinds(18).highest_kind == 17);
  CHECK(of_kinds(19).highest_kind == 18);
  CHECK(of_kinds(19).identifier_limit == 128);
  CHECK(of_kinds(20).highest_kind == 19);
  CHECK(of_kinds(20).identifier_limit == 512);
  CHECK(of_kinds(40).highest_kind == 19);  // beyond what is known here
}

TEST_CASE("Where nothing tells, the layout section does") {
  const KernelProfile plain = kernel_profile(*vmlinux({.kinds = {}, .max_vlen = {}}), "");
  CHECK_FALSE(plain.is_known);
  CHECK_FALSE(plain.rules.layout);
  CHECK(plain.source == "the rules are those of Linux 6.18, as no kernel is named");
  const KernelProfile newer = kernel_profile("", true);
  CHECK_FALSE(newer.is_known);
  CHECK(newer.rules.layout);
  CHECK(newer.rules.wide_vlen);
  CHECK_FALSE(newer.rules.tag_order);
  CHECK(newer.source ==
        "the rules are those of Linux 7.2, as no kernel is named, and older ones know no layout section");
  const KernelProfile named = kernel_profile("6.12.1", true);
  CHECK(named.is_known);
  CHECK_FALSE(named.rules.layout);
  CHECK(named.source == "the rules are those of release 6.12.1");
  CHECK_FALSE(has_layout_section({}));
  const Bytes without = test::small_base().finish();
  CHECK_FALSE(has_layout_section(without.view()));
}

}  // namespace
}  // namespace btfx
