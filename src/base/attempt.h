// What is done with an Error on its way up: a place is added, or another way is tried.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace btfx {

/// Runs `work()` and returns its result. An Error that it throws is thrown on with `file` and `section` filled in where
/// they were not known yet.
template <typename Work>
decltype(auto) in_place(std::string_view file, std::string_view section, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const Error& error) {
    throw error.in(file, section);
  }
}

/// What `work()` returns, or nothing when it throws an Error. For input that may turn out to be something else, so that
/// an error only means that another way has to be tried: say at the call why the error may be dropped.
template <typename Work>
std::optional<std::invoke_result_t<Work&>> optional_on_error(Work&& work) {
  try {
    return work();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace btfx
