// The life of types through a row of kernels: made by the transforms, printed by the reports.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/change.h"

namespace btfx {

/// A member, enumerator or parameter as it is in one kernel.
struct ElementState {
  std::string name;          ///< inside of members of anonymous types `outer.inner`
  std::string type = {};     ///< as C spells it; empty for an enumerator
  std::uint64_t number = 0;  ///< offset in bits, value, or place among the parameters from 0
  std::uint32_t bits = 0;    ///< of a bitfield
  bool is_signed = false;    ///< the number is a value of a signed enum

  bool operator==(const ElementState&) const = default;
};

/// Consecutive kernels, by their places in History::kernels.
struct KernelRange {
  std::size_t first = 0, last = 0;  ///< both included
};

/// Consecutive kernels in which an element is the same.
struct ElementStage {
  KernelRange kernels;
  std::optional<ElementState> state;  ///< nothing where the type does not have it
};

/// One member, enumerator or parameter through all kernels, under all the names it has had.
struct ElementHistory {
  std::vector<ElementStage> stages;
};

/// Consecutive kernels in which a type is declared the same.
struct TypeStage {
  KernelRange kernels;
  Declared type = {};      ///< in the first of them; nothing where no kernel has it
  std::size_t layout = 0;  ///< stages of one number declare the same; counted from 1, and 0 where there is no type
};

/// One declaration through all kernels, under all the names it has had.
struct TypeHistory {
  std::vector<TypeStage> stages;
  std::vector<Change> changes;           ///< from each stage to the next
  std::vector<ElementHistory> elements;  ///< those asked for; or else those that changed while the type was there
  bool is_about_elements = false;        ///< only elements were asked for

  /// Whether anything asked for changed: the type, or one of the elements.
  [[nodiscard]] bool is_changed() const {
    if (!is_about_elements) return stages.size() > 1;
    return std::ranges::any_of(elements, [](const ElementHistory& element) { return element.stages.size() > 1; });
  }
  /// The newest declaration, which gives name and kind.
  [[nodiscard]] const Declared& subject() const {
    std::size_t i = stages.size() - 1;
    while (i != 0 && !stages[i].type.exists()) --i;
    return stages[i].type;
  }
};

/// A kernel in a history.
struct HistoryKernel {
  std::string source;  ///< as the user gave it
  std::string name;    ///< what to call it: short
  std::uint64_t types = 0;
};

/// Everything that a report needs.
struct History {
  std::vector<HistoryKernel> kernels;
  std::vector<TypeHistory> types;  ///< what was asked for; without names what changed
};

}  // namespace btfx
