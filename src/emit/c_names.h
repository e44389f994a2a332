// What things are called in a C header, where names of kernels clash: two structs of one name, enumerators of one name.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "btf/btf.h"
#include "emit/name_text.h"

namespace btfx {

/// Hands out names in the order they are asked for. The second bearer of a name is called `NAME___2`, and so on, as
/// libbpf does it: what follows three underscores is ignored when a BPF program is fitted to a kernel.
class CNames {
 public:
  explicit CNames(const Btf& btf);

  /// The tag of a composite, enum or forward declaration, or the name of a typedef; the same whenever the same id is
  /// asked for. Empty when anonymous. Stays valid.
  NameText type(TypeId id);
  /// The name of an enumerator, another one each time. Stays valid.
  NameText enumerator(const Btf& owner, StringOffset name);

 private:
  /// How often each name was used.
  class Counter {
   public:
    Counter() : slots_(1024) {}
    /// Counts one more use and tells how many there were. `name` stays valid.
    std::uint32_t count(std::string_view name);

   private:
    struct Slot {
      const char* name = nullptr;  // null: empty
      std::uint32_t length = 0;
      std::uint32_t hash = 0;
      std::uint32_t count = 0;
    };
    void grow();

    std::vector<Slot> slots_;
    std::size_t used_ = 0;
  };
  enum class State : std::uint8_t { unknown, plain, renamed };

  NameText keep(std::string name);

  const Btf& btf_;
  Counter tags_, identifiers_;
  std::vector<State> states_;
  std::unordered_map<std::uint32_t, NameText> renamed_;
  std::deque<std::string> kept_;
};

}  // namespace btfx
