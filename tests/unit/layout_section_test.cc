// The layout section goes along wherever a BTF is written anew.
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "transform/edit/minimise.h"
#include "transform/edit/rebase.h"
#include "transform/edit/sort.h"
#include "transform/merge/merge.h"

namespace btfx {
namespace {

using namespace test;

/// Entries for void and the kinds up to ARRAY, with flags that tell the byte order.
constexpr std::array<std::byte, 16> little_entries{
    std::byte{0}, std::byte{0}, std::byte{1}, std::byte{0}, std::byte{4},  std::byte{0}, std::byte{2}, std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{3}, std::byte{0}, std::byte{12}, std::byte{0}, std::byte{4}, std::byte{0}};
constexpr std::array<std::byte, 16> big_entries{
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}, std::byte{4},  std::byte{0}, std::byte{0}, std::byte{2},
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{3}, std::byte{12}, std::byte{0}, std::byte{0}, std::byte{4}};

Bytes with_layout(BtfBuilder& b, ByteOrder order) {
  return assemble_btf(b.words(), b.strings().bytes(), order, BtfHeader::old_length,
                      {little_entries, ByteOrder::little});
}

/// Whether a blob has the layout section, in its order, between types and strings.
void check_layout(const Bytes& blob, ByteOrder order) {
  const BtfPtr btf = Btf::parse(blob);
  CHECK(btf->byte_order() == order);
  const BtfHeader& header = btf->header();
  CHECK(header.header_length == 32);
  CHECK(header.layout_offset == header.type_length);
  CHECK(header.layout_length == 16);
  CHECK(header.string_offset == header.type_length + 16);
  const LayoutSection section = layout_section(*btf);
  CHECK(section.order == order);
  CHECK(std::ranges::equal(section.bytes, order == ByteOrder::little ? little_entries : big_entries));
}

BtfBuilder some_types() {
  BtfBuilder b;
  b.add(Kind::typedef_, "number", 2);
  b.add_int("int", 4, 1);
  return b;
}

TEST_CASE("A layout section is written between types and strings, in the byte order of the rest") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    BtfBuilder b = some_types();
    const Bytes blob = with_layout(b, order);
    CHECK(blob.size() == 32 + 12 + 16 + 16 + b.strings().bytes().size());
    check_layout(blob, order);
    check_layout(serialise(*Btf::parse(blob), other(order)), other(order));
    CHECK(layout_section(*b.build()).bytes.empty());
  }
}

TEST_CASE("What sorts, rebases and minimises keeps the layout section") {
  BtfBuilder b = some_types();
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const BtfPtr btf = Btf::parse(with_layout(b, order));
    check_layout(sort_types(*btf, order).btf, order);
    check_layout(sort_types(*btf, order, BtfHeader::old_length).btf, order);
    const TypeId number{2};
    check_layout(minimise(*btf, std::span(&number, 1), other(order)), other(order));
    const BtfPtr base = small_base().build();
    const BtfPtr split = Btf::parse(rebase(*btf, *base, order), base);
    CHECK(split->header().layout_length == 16);
    CHECK(split->header().layout_offset == split->header().type_length);
  }
}

TEST_CASE("A merge has the layout section of its base, or else of the first that has one") {
  BtfBuilder plain = small_base(), laid_out = some_types();
  Diagnostics diagnostics;
  const auto merged = [&](const BtfPtr& base, const std::vector<BtfPtr>& inputs) {
    Merge merge(base, {});
    for (const BtfPtr& input : inputs) merge.add("input", merge.prepare(input), diagnostics);
    merge.finish(diagnostics);
    return merge.pool().flat_btf(ByteOrder::big);
  };
  const BtfPtr with = Btf::parse(with_layout(laid_out, native_order));
  check_layout(merged(nullptr, {plain.build(), with}), ByteOrder::big);
  BtfBuilder split(with);
  split.add(Kind::typedef_, "more", 1);
  check_layout(merged(with, {split.build()}), ByteOrder::big);
  CHECK((*Btf::parse(merged(nullptr, {plain.build()}))).header().layout_length == 0);
}

}  // namespace
}  // namespace btfx
