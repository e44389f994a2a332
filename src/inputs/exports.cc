#include "inputs/exports.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace btfx {

std::vector<std::string> exported_names(std::span<const ElfSymbol> symbols) {
  constexpr std::string_view prefix = "__ksymtab_";
  std::vector<std::string> names;
  for (const ElfSymbol& symbol : symbols) {
    if (symbol.section != 0 && symbol.name.starts_with(prefix)) names.emplace_back(symbol.name.substr(prefix.size()));
  }
  return names;
}

void ModuleExports::add_before(const std::string& module, std::vector<std::string> names) {
  for (std::string& name : names) before_.emplace(std::move(name), module);
}

void ModuleExports::add_after(std::vector<std::string> names) {
  for (std::string& name : names) after_.insert(std::move(name));
}

void ModuleExports::settle(ModuleVerdict& verdict) const {
  for (Effect& effect : verdict.effects) {
    if (effect.reason != lost_symbol_reason || !after_.contains(effect.symbol)) continue;
    effect.refused = false;
    effect.reason.clear();
  }
  for (const std::string& import : verdict.unknown_imports) {
    const auto exporter = before_.find(import);
    if (exporter == before_.end() || after_.contains(import)) continue;
    verdict.others.push_back(fmt::format("{}, which {} exported: {}", import, exporter->second, lost_symbol_reason));
  }
  verdict.needs_rebuild =
      !verdict.message.empty() || !verdict.others.empty() || std::ranges::any_of(verdict.effects, &Effect::refused);
}

}  // namespace btfx
