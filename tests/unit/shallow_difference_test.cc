#include "transform/check/shallow_difference.h"

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"

namespace btfx {
namespace {

/// The difference of types 2 and 3, which `add` adds behind an INT.
template <typename Add>
std::string difference(Add&& add) {
  BtfBuilder b;
  b.add_int("int", 4, 1);
  add(b);
  const BtfPtr btf = b.build();
  return shallow_difference(btf->type(TypeId{2}), btf->type(TypeId{3}), "there").value_or("none");
}

TEST_CASE("difference: none but in references") {
  CHECK(difference([](BtfBuilder& b) {
          for (const std::uint32_t member : {1U, 3U}) {
            b.add_composite(Kind::struct_, "s", 8);
            b.add_member("m", TypeId{member}, 0);
          }
        }) == "none");
  CHECK(difference([](BtfBuilder& b) {
          b.add(Kind::array, {}, 0, {1, 1, 4});
          b.add(Kind::array, {}, 0, {3, 1, 4});
        }) == "none");
}

TEST_CASE("difference: the first is told") {
  CHECK(difference([](BtfBuilder& b) {
          b.add_ptr(TypeId{1});
          b.add(Kind::typedef_, "t", 1);
        }) == "PTR (anon), there TYPEDEF t");
  CHECK(difference([](BtfBuilder& b) {
          b.add_composite(Kind::struct_, "s", 8);
          b.add_composite(Kind::struct_, "s", 16);
        }) == "STRUCT s has 8 bytes, there 16");
  CHECK(difference([](BtfBuilder& b) {
          b.add_composite(Kind::union_, "u", 8);
          b.add_composite(Kind::union_, "u", 8);
          b.add_member("m", TypeId{1}, 0);
        }) == "UNION u has 0 elements, there 1");
  CHECK(difference([](BtfBuilder& b) {
          b.add(Kind::fwd, "f", 0);
          b.add(Kind::fwd, "f", 0, {}, 0, true);
        }) == "FWD f has another kind_flag than there");
  CHECK(difference([](BtfBuilder& b) {
          b.add(Kind::array, {}, 0, {1, 1, 4});
          b.add(Kind::array, {}, 0, {1, 1, 5});
        }) == "ARRAY (anon) has another attribute than there");
  CHECK(difference([](BtfBuilder& b) {
          for (const char* name : {"one", "two"}) {
            b.add_composite(Kind::struct_, "s", 8);
            b.add_member(name, TypeId{1}, 0);
          }
        }) == "STRUCT s has an element 'one', there 'two'");
  CHECK(difference([](BtfBuilder& b) {
          for (const std::uint32_t value : {7U, 8U}) {
            b.add(Kind::enum_, "e", 4);
            b.add_enumerator("E", value);
          }
        }) == "ENUM e has 7 for element 0 'E', there 8");
}

}  // namespace
}  // namespace btfx
