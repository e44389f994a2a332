#include "results/co_re.h"

#include "catch.h"

namespace btfx {

TEST_CASE("A flavour is what follows exactly three underscores between other characters, the last such place") {
  CHECK(essential_name("foo") == "foo");
  CHECK(essential_name("foo___v2") == "foo");
  CHECK(essential_name("a___b___c") == "a___b");
  CHECK(essential_name("a___b") == "a");
  CHECK(essential_name("foo____x") == "foo____x");
  CHECK(essential_name("foo____x___y") == "foo____x");
  CHECK(essential_name("___x") == "___x");
  CHECK(essential_name("foo___") == "foo___");
  CHECK(essential_name("foo__x") == "foo__x");
  CHECK(essential_name("") == "");
  CHECK(essential_name("x___y____") == "x");
}

}  // namespace btfx
