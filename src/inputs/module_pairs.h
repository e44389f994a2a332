// The modules of two kernels, side by side.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "image/modules.h"

namespace btfx {

/// A module that both kernels have, or one of them.
struct ModulePair {
  std::string name;
  std::optional<ModuleItem> before, after;
};

/// The modules of two kernels, paired by name in whatever order they come: packages are read side by side, and only
/// what has no partner yet is kept.
class ModulePairs {
 public:
  /// The sources of each side are arguments of ModuleStream.
  ModulePairs(const std::vector<std::string>& before, const std::vector<std::string>& after);

  /// The next pair; in the end what is there on one side only. For run_stream().
  std::optional<ModulePair> next();

 private:
  struct Side {
    explicit Side(const std::vector<std::string>& sources) : stream(sources) {}

    ModuleStream stream;
    std::map<std::string, std::deque<ModuleItem>> waiting = {};
    bool done = false;
  };
  static ModuleItem take_first(Side& side, std::map<std::string, std::deque<ModuleItem>>::iterator at);
  std::optional<ModulePair> pair_from(std::size_t turn);
  std::optional<ModulePair> next_single();

  std::array<Side, 2> sides_;
  std::size_t turn_ = 1;
};

}  // namespace btfx
