// How far the ids and names of records reach: what good input is asked before all else, and of every word of a kernel.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "btf/kinds.h"

namespace btfx {

/// The largest of the type ids and string offsets that visit_type_ids() and visit_names() (btf/fields.h) would visit in
/// the records that were taken. Each kind has a loop of its own, with what kind_table says of it as constants: that
/// takes a third of the time.
class FieldLimits {
 public:
  /// Takes a whole record of any kind.
  void take(const std::uint32_t* words) {
    const InfoWord record(words[1]);
    names_ = std::max(names_, words[0]);
    switch (record.kind()) {
      case Kind::ptr:
      case Kind::typedef_:
      case Kind::volatile_:
      case Kind::const_:
      case Kind::restrict_:
      case Kind::func:
      case Kind::var:
      case Kind::decl_tag:
      case Kind::type_tag:
        ids_ = std::max(ids_, words[2]);
        break;
      case Kind::array:
        ids_ = std::max({ids_, words[header_words], words[header_words + 1]});
        break;
      case Kind::struct_:
      case Kind::union_:
        take_elements<Kind::struct_>(words, record.vlen());
        break;
      case Kind::enum_:
        take_elements<Kind::enum_>(words, record.vlen());
        break;
      case Kind::enum64:
        take_elements<Kind::enum64>(words, record.vlen());
        break;
      case Kind::func_proto:
        ids_ = std::max(ids_, words[2]);
        take_elements<Kind::func_proto>(words, record.vlen());
        break;
      case Kind::datasec:
        take_elements<Kind::datasec>(words, record.vlen());
        break;
      default:  // INT, FLOAT, FWD, and what btfx does not know
        break;
    }
  }

  [[nodiscard]] std::uint32_t largest_id() const { return ids_; }
  [[nodiscard]] std::uint32_t largest_name() const { return names_; }

 private:
  template <Kind kind>
  void take_elements(const std::uint32_t* words, std::uint32_t count) {
    constexpr KindInfo info = kind_info(kind);
    static_assert(info.fixed_words == 0);
    std::uint32_t ids = ids_, names = names_;
    const std::uint32_t* element = words + header_words;
    for (; count > 0; --count, element += info.element_words) {
      if constexpr (info.element_name >= 0) names = std::max(names, element[info.element_name]);
      if constexpr (info.element_type >= 0) ids = std::max(ids, element[info.element_type]);
    }
    ids_ = ids;
    names_ = names;
  }

  std::uint32_t ids_ = 0, names_ = 0;
};

}  // namespace btfx
