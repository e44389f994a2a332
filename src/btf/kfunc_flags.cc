#include "btf/kfunc_flags.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace btfx {

namespace {

/// By bit. Some have come and gone: bit 3 until 6.4.
constexpr std::array<std::string_view, 17> flag_names{
    "KF_ACQUIRE",     "KF_RELEASE",   "KF_RET_NULL",   "KF_KPTR_GET",   "KF_TRUSTED_ARGS",  "KF_SLEEPABLE",
    "KF_DESTRUCTIVE", "KF_RCU",       "KF_ITER_NEW",   "KF_ITER_NEXT",  "KF_ITER_DESTROY",  "KF_RCU_PROTECTED",
    "KF_FASTCALL",    "KF_ARENA_RET", "KF_ARENA_ARG1", "KF_ARENA_ARG2", "KF_IMPLICIT_ARGS",
};

}  // namespace

std::vector<std::string> kfunc_flag_names(std::uint32_t flags) {
  std::vector<std::string> names;
  for (std::size_t bit = 0; bit < 32; ++bit) {
    const std::uint32_t mask = 1U << bit;
    if ((flags & mask) == 0) continue;
    names.push_back(bit < flag_names.size() ? std::string(flag_names.at(bit)) : fmt::format("{:#x}", mask));
  }
  return names;
}

}  // namespace btfx
