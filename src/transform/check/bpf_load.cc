#include "transform/check/bpf_load.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "btf/builder.h"

namespace btfx {

namespace {

constexpr unsigned longest_chain = 32;
constexpr std::uint32_t global = 1;       // linkage
constexpr std::uint32_t extern_size = 4;  // bytes that a loader gives to each entry of .ksyms
constexpr std::string_view dummy_name = "dummy_ksym";

struct Shape {
  std::uint64_t size = 0, alignment = 1;
};

class Completion {
 public:
  Completion(const Btf& btf, const ElfFile& elf)
      : btf_(btf),
        words_(btf.own_words().begin(), btf.own_words().end()),
        strings_(btf.own_strings()),
        end_id_(raw(btf.end_id())) {
    for (TypeId id = btf.first_id(); id != btf.end_id(); ++id) {
      places_.push_back(static_cast<std::size_t>(btf.type(id).words().data() - btf.own_words().data()));
    }
    for (const ElfSection& section : elf.sections()) {
      if (!section.unused()) section_sizes_[section.name] = section.size;
    }
    symbols_ = elf.symbols();
    for (const ElfSymbol& symbol : symbols_) {
      if (symbol.type == STT_OBJECT && symbol.section != 0) by_name_.emplace(symbol.name, &symbol);
    }
  }

  Bytes run() {
    for (TypeId id = btf_.first_id(); id != btf_.end_id(); ++id) {
      const TypeView type = btf_.type(id);
      if (type.kind() != Kind::datasec) continue;
      if (type.name() == ".ksyms") {
        complete_ksyms(raw(id), type);
      } else if (type.name() == ".kconfig") {
        complete_kconfig(raw(id), type);
      } else {
        complete_section(raw(id), type);
      }
      sort_entries(record(raw(id)), type.vlen());
    }
    return assemble_btf(words_, strings_, btf_.byte_order(), btf_.header().known_length(), layout_section(btf_));
  }

 private:
  [[nodiscard]] std::uint32_t* record(std::uint32_t id) { return words_.data() + places_[id - raw(btf_.first_id())]; }
  [[nodiscard]] static std::uint32_t* entry(std::uint32_t* section, std::uint32_t i) {
    return section + header_words + std::size_t{3} * i;
  }

  std::uint32_t append(std::initializer_list<std::uint32_t> words) {
    places_.push_back(words_.size());
    words_.insert(words_.end(), words);
    return end_id_++;
  }

  /// An integer of four bytes, the object's or one that is added.
  std::uint32_t integer() {
    if (integer_ != 0) return integer_;
    for (TypeId id = btf_.first_id(); id != btf_.end_id() && integer_ == 0; ++id) {
      constexpr std::uint32_t boolean = 4;
      const TypeView type = btf_.type(id);
      const bool is_plain = type.kind() == Kind::int_ && type.size() == extern_size && type.int_bits() == 32 &&
                            type.int_bit_offset() == 0 && type.int_encoding() != boolean;
      if (is_plain) integer_ = raw(id);
    }
    if (integer_ == 0) integer_ = append({add_string("int"), InfoWord(Kind::int_, 0, false).word, 4, 1U << 24 | 32});
    return integer_;
  }

  std::uint32_t add_string(std::string_view text) {
    const auto offset = static_cast<std::uint32_t>(strings_.size());
    strings_.append(text).push_back('\0');
    return offset;
  }

  /// A variable that stands for functions.
  std::uint32_t dummy() {
    if (dummy_ == 0) {
      const std::uint32_t type = integer();
      dummy_string_ = add_string(dummy_name);
      dummy_ = append({dummy_string_, InfoWord(Kind::var, 0, false).word, type, global});
    }
    return dummy_;
  }

  void complete_ksyms(std::uint32_t id, TypeView section) {
    const std::uint32_t count = section.vlen();
    for (std::uint32_t i = 0; i < count; ++i) {
      const TypeId target = section.entry(i).type;
      std::uint32_t type = raw(target);
      if (btf_.type(target).kind() == Kind::func) {
        complete_function(raw(target));
        type = dummy();
      } else if (btf_.type(target).kind() == Kind::var) {
        const std::uint32_t number = integer();
        std::uint32_t* words = record(raw(target));
        words[2] = number;
        words[header_words] = global;
      }
      std::uint32_t* words = entry(record(id), i);
      words[0] = type;
      words[1] = extern_size * i;
      words[2] = extern_size;
    }
    record(id)[2] = extern_size * count;
  }

  void complete_function(std::uint32_t id) {
    dummy();  // now: its name may be used
    std::uint32_t* words = record(id);
    words[1] = InfoWord(Kind::func, global, InfoWord(words[1]).kind_flag()).word;
    const TypeView proto = btf_.type(TypeId{words[2]});
    if (proto.kind() != Kind::func_proto || !protos_.insert(words[2]).second) return;
    std::uint32_t* param = record(words[2]) + header_words;
    for (std::uint32_t i = 0; i < proto.vlen(); ++i, param += 2) {
      if (param[0] == 0 && param[1] != 0) param[0] = dummy_string_;
    }
  }

  void complete_kconfig(std::uint32_t id, TypeView section) {
    struct Place {
      std::uint32_t index;
      Shape shape;
    };
    std::vector<Place> places;
    for (std::uint32_t i = 0; i < section.vlen(); ++i) {
      const TypeId target = section.entry(i).type;
      const TypeView var = btf_.type(target);
      if (var.kind() != Kind::var) continue;
      record(raw(target))[header_words] = global;
      places.push_back({i, shape_of(var.target())});
    }
    std::ranges::stable_sort(places, std::ranges::greater{}, [](const Place& place) { return place.shape.alignment; });
    std::uint64_t end = 0;
    std::uint32_t* words = record(id);
    for (const auto& [index, shape] : places) {
      end = (end + shape.alignment - 1) / shape.alignment * shape.alignment;
      entry(words, index)[1] = static_cast<std::uint32_t>(end);
      if (entry(words, index)[2] == 0) entry(words, index)[2] = static_cast<std::uint32_t>(shape.size);
      end += shape.size;
    }
    words[2] = static_cast<std::uint32_t>(end);
  }

  /// A section of the object itself; static variables have their places.
  void complete_section(std::uint32_t id, TypeView section) {
    std::uint32_t* words = record(id);
    if (words[2] != 0) return;  // a static linker has done all this
    const auto found = section_sizes_.find(section.name());
    if (found == section_sizes_.end()) return;
    words[2] = static_cast<std::uint32_t>(found->second);
    for (std::uint32_t i = 0; i < section.vlen(); ++i) {
      const TypeView var = btf_.type(section.entry(i).type);
      if (var.kind() != Kind::var || var.linkage() != global) continue;
      const auto symbol = by_name_.find(var.name());
      if (symbol != by_name_.end()) entry(words, i)[1] = static_cast<std::uint32_t>(symbol->second->value);
    }
  }

  static void sort_entries(std::uint32_t* section, std::uint32_t count) {
    std::vector<std::array<std::uint32_t, 3>> entries(count);
    for (std::uint32_t i = 0; i < count; ++i) std::copy_n(entry(section, i), 3, entries[i].begin());
    std::ranges::stable_sort(entries, {}, [](const auto& one) { return one[1]; });
    for (std::uint32_t i = 0; i < count; ++i) std::ranges::copy(entries[i], entry(section, i));
  }

  [[nodiscard]] Shape shape_of(TypeId id) const {
    std::uint64_t count = 1;
    for (unsigned i = 0; i < longest_chain; ++i) {
      const TypeView type = btf_.type(id);
      const Kind kind = type.kind();
      if (kind == Kind::array) {
        count = std::min<std::uint64_t>(count * type.element_count(), UINT32_MAX);
        id = type.element();
      } else if (is_modifier(kind) || kind == Kind::typedef_ || kind == Kind::var) {
        id = type.target();
      } else if (kind == Kind::ptr) {
        return {8 * count, 8};
      } else if (kind == Kind::int_ || is_enum(kind)) {
        return {type.size() * count, std::clamp<std::uint64_t>(type.size(), 1, 8)};
      } else {
        return {};
      }
    }
    return {};
  }

  const Btf& btf_;
  std::vector<std::uint32_t> words_;
  std::string strings_;
  std::uint32_t end_id_;
  std::vector<std::size_t> places_;  // of each record in the words
  std::unordered_map<std::string_view, std::uint64_t> section_sizes_;
  std::unordered_set<std::uint32_t> protos_;  // whose parameters have names now
  std::vector<ElfSymbol> symbols_;
  std::unordered_map<std::string_view, const ElfSymbol*> by_name_;  // of defined objects
  std::uint32_t integer_ = 0, dummy_ = 0, dummy_string_ = 0;        // once they are needed
};

}  // namespace

bool is_bpf_object(const Image& image) {
  return image.elf && image.elf->machine() == EM_BPF;
}

Bytes complete_bpf_btf(const Btf& btf, const ElfFile& elf) {
  return Completion(btf, elf).run();
}

}  // namespace btfx
