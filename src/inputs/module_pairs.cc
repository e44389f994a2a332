#include "inputs/module_pairs.h"

#include <utility>

namespace btfx {

ModulePairs::ModulePairs(const std::vector<std::string>& before, const std::vector<std::string>& after)
    : sides_{Side(before), Side(after)} {}

std::optional<ModulePair> ModulePairs::next() {
  while (!sides_[0].done || !sides_[1].done) {
    turn_ = 1 - turn_;
    if (std::optional<ModulePair> pair = pair_from(turn_)) return pair;
  }
  return next_single();
}

ModuleItem ModulePairs::take_first(Side& side, std::map<std::string, std::deque<ModuleItem>>::iterator at) {
  ModuleItem item = std::move(at->second.front());
  at->second.pop_front();
  if (at->second.empty()) side.waiting.erase(at);
  return item;
}

/// Reads on on one side: a pair if the other side has been waiting for what comes.
std::optional<ModulePair> ModulePairs::pair_from(std::size_t turn) {
  Side& side = sides_[turn];
  Side& other = sides_[1 - turn];
  std::optional<ModuleItem> item = side.done ? std::nullopt : side.stream.next();
  if (!item) {
    side.done = true;
    return std::nullopt;
  }
  std::string name = module_name(item->name);
  const auto partner = other.waiting.find(name);
  if (partner == other.waiting.end()) {
    side.waiting[name].push_back(std::move(*item));
    return std::nullopt;
  }
  std::optional<ModuleItem> found = take_first(other, partner);
  if (turn != 0) std::swap(item, found);
  return ModulePair{std::move(name), std::move(item), std::move(found)};
}

std::optional<ModulePair> ModulePairs::next_single() {
  for (const std::size_t turn : {std::size_t{0}, std::size_t{1}}) {
    Side& side = sides_[turn];
    if (side.waiting.empty()) continue;
    ModulePair pair{side.waiting.begin()->first, {}, {}};
    (turn == 0 ? pair.before : pair.after) = take_first(side, side.waiting.begin());
    return pair;
  }
  return std::nullopt;
}

}  // namespace btfx
