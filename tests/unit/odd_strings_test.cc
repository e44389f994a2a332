#include "btf/odd_strings.h"

#include <algorithm>
#include <cctype>
#include <random>
#include <string>

#include "btf/builder.h"
#include "catch.h"

namespace btfx {

namespace {

bool is_plain(std::string_view text) {
  return text.size() <= OddStrings::longest_plain &&
         std::ranges::all_of(text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

}  // namespace

TEST_CASE("No odd string is missed, wherever it begins and however long it is") {
  std::mt19937 random(1);
  for (unsigned round = 0; round < 60; ++round) {
    BtfPtr base;
    for (unsigned part = 0; part < 3; ++part) {
      BtfBuilder b = base ? BtfBuilder(base) : BtfBuilder();
      for (unsigned i = 0; i < 40; ++i) {
        std::string name(random() % (i % 8 == 0 ? 700 : 60) + 1, static_cast<char>('a' + i % 26));
        name += std::to_string(i * 3 + part);
        if (random() % 8 == 0) name[random() % name.size()] = random() % 2 == 0 ? '$' : ' ';
        b.add(Kind::fwd, name, 0);
      }
      base = b.build();
      std::uint32_t missed = 0;
      for (std::uint32_t at = 0; at < base->string_end(); ++at) {
        missed += !base->odd_strings().may_be_odd(at) && !is_plain(base->string(StringOffset{at})) ? 1 : 0;
      }
      CHECK(missed == 0);
    }
  }
}

TEST_CASE("No string that is longer than a plain one is missed, at any place and at the end") {
  for (std::size_t length = 60; length < 400; ++length) {
    for (std::size_t before = 0; before < 300; before += 7) {
      const std::string text = std::string(before, '\0') + std::string(length, 'a');
      for (const std::uint32_t start : {0U, 1U, 63U, 1000U}) {
        const OddStrings odd(text, start, nullptr);
        if (length > OddStrings::longest_plain && !odd.may_be_odd(static_cast<std::uint32_t>(start + before))) {
          FAIL_CHECK(length << " bytes at " << start << " + " << before);
        }
        if (length < OddStrings::long_string && odd.may_be_odd(static_cast<std::uint32_t>(start + before))) {
          FAIL_CHECK(length << " bytes at " << start << " + " << before << " are not long");
        }
      }
    }
  }
}

TEST_CASE("Strings far from odd ones are plain") {
  BtfBuilder b;
  for (unsigned i = 0; i < 200; ++i) b.add(Kind::fwd, "plain_" + std::to_string(i), 0);
  b.add(Kind::fwd, "odd.one", 0);
  for (unsigned i = 200; i < 400; ++i) b.add(Kind::fwd, "plain_" + std::to_string(i), 0);
  const BtfPtr btf = b.build();
  std::uint32_t may = 0;
  for (TypeId id = btf->first_id(); id != btf->end_id(); ++id) {
    may += btf->odd_strings().may_be_odd(raw(btf->type(id).name_offset())) ? 1 : 0;
  }
  CHECK(may >= 1);
  CHECK(may < 60);
}

}  // namespace btfx
