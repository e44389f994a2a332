#include "btf/kinds.h"

#include <array>
#include <utility>

#include "catch.h"

namespace btfx {

TEST_CASE("Kinds have the numbers and names of the format") {
  static constexpr std::array<std::pair<Kind, std::string_view>, known_kinds> expected{{
      {Kind::unkn, "UNKNOWN"},      {Kind::int_, "INT"},
      {Kind::ptr, "PTR"},           {Kind::array, "ARRAY"},
      {Kind::struct_, "STRUCT"},    {Kind::union_, "UNION"},
      {Kind::enum_, "ENUM"},        {Kind::fwd, "FWD"},
      {Kind::typedef_, "TYPEDEF"},  {Kind::volatile_, "VOLATILE"},
      {Kind::const_, "CONST"},      {Kind::restrict_, "RESTRICT"},
      {Kind::func, "FUNC"},         {Kind::func_proto, "FUNC_PROTO"},
      {Kind::var, "VAR"},           {Kind::datasec, "DATASEC"},
      {Kind::float_, "FLOAT"},      {Kind::decl_tag, "DECL_TAG"},
      {Kind::type_tag, "TYPE_TAG"}, {Kind::enum64, "ENUM64"},
  }};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(static_cast<std::size_t>(expected[i].first) == i);
    CHECK(kind_info(expected[i].first).name == expected[i].second);
    CHECK(is_known(expected[i].first));
  }
  CHECK_FALSE(is_known(Kind{20}));
  CHECK(kind_info(Kind{127}).name == "UNKNOWN");
}

TEST_CASE("Kinds are found by name in any case, and only by a whole name") {
  CHECK(kind_of_name("STRUCT") == Kind::struct_);
  CHECK(kind_of_name("func_proto") == Kind::func_proto);
  CHECK(kind_of_name("Enum64") == Kind::enum64);
  CHECK_FALSE(kind_of_name("enum6").has_value());
  CHECK_FALSE(kind_of_name("").has_value());
  CHECK_FALSE(kind_of_name("UNKNOWN").has_value());
}

TEST_CASE("The info word holds a 24-bit vlen, a 7-bit kind and the kind flag") {
  const InfoWord word(Kind::struct_, 0xabcdef, true);
  CHECK(word.word == 0x84abcdef);
  CHECK(word.vlen() == 0xabcdef);
  CHECK(word.kind() == Kind::struct_);
  CHECK(word.kind_flag());
  CHECK(InfoWord(0x7f000000).kind() == Kind{127});
  CHECK_FALSE(InfoWord(0x7fffffff).kind_flag());
  CHECK(InfoWord(Kind::ptr, 0x1ffffff, false).vlen() == 0xffffff);  // never spills into the kind
}

TEST_CASE("A record's length follows from its kind and vlen") {
  CHECK(record_words(InfoWord(Kind::int_, 0, false)) == 4);
  CHECK(record_words(InfoWord(Kind::array, 0, false)) == 6);
  CHECK(record_words(InfoWord(Kind::struct_, 5, false)) == 18);
  CHECK(record_words(InfoWord(Kind::enum_, 5, false)) == 13);
  CHECK(record_words(InfoWord(Kind::enum64, 5, false)) == 18);
  CHECK(record_words(InfoWord(Kind::func_proto, 5, false)) == 13);
  CHECK(record_words(InfoWord(Kind::datasec, 5, false)) == 18);
  CHECK(record_words(InfoWord(Kind::func, 2, false)) == 3);  // there vlen is the linkage
  CHECK(record_words(InfoWord(Kind::struct_, 0xffffff, false)) == 3 + 3 * std::uint64_t{0xffffff});
}

TEST_CASE("Groups of kinds") {
  CHECK(is_composite(Kind::union_));
  CHECK_FALSE(is_composite(Kind::fwd));
  CHECK(is_enum(Kind::enum64));
  CHECK_FALSE(is_enum(Kind::int_));
  for (const Kind kind : {Kind::const_, Kind::volatile_, Kind::restrict_, Kind::type_tag}) CHECK(is_modifier(kind));
  CHECK_FALSE(is_modifier(Kind::typedef_));
  CHECK_FALSE(is_modifier(Kind{99}));
}

}  // namespace btfx
