#include "btf/kfunc_flags.h"

#include "catch.h"

namespace btfx {

TEST_CASE("kfunc flags: names, lowest bit first, and numbers for bits without one") {
  using Names = std::vector<std::string>;
  CHECK(kfunc_flag_names(0).empty());
  CHECK(kfunc_flag_names(0x15) == Names{"KF_ACQUIRE", "KF_RET_NULL", "KF_TRUSTED_ARGS"});
  CHECK(kfunc_flag_names(kf_implicit_args) == Names{"KF_IMPLICIT_ARGS"});
  CHECK(kfunc_flag_names(0x80020020) == Names{"KF_SLEEPABLE", "0x20000", "0x80000000"});
  CHECK(kfunc_flag_names(0x1ffff).size() == 17);
}

}  // namespace btfx
