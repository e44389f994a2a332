#include "transform/co_re/types.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "btf/measure.h"
#include "btf/spelling.h"
#include "results/co_re.h"

namespace btfx {

namespace {

using Answer = TypeComparison::Answer;

bool same_essential_name(std::string_view one, std::string_view other) {
  return essential_name(one) == essential_name(other);
}

constexpr std::uint32_t signed_bit = 1;

}  // namespace

bool same_core_kind(TypeView one, TypeView other) {
  return one.kind() == other.kind() || (is_enum(one.kind()) && is_enum(other.kind()));
}

bool fields_compatible(const Btf& local_btf, TypeId local, const Btf& target_btf, TypeId target) {
  for (int i = 0; i < max_chain; ++i) {
    const TypeView one = local_btf.type(strip_names(local_btf, local));
    const TypeView other = target_btf.type(strip_names(target_btf, target));
    if (is_composite(one.kind()) && is_composite(other.kind())) return true;
    if (!same_core_kind(one, other)) return false;
    switch (one.kind()) {
      case Kind::ptr:
      case Kind::float_:
        return true;
      case Kind::fwd:
      case Kind::enum_:
      case Kind::enum64:
        return one.name().empty() || other.name().empty() || same_essential_name(one.name(), other.name());
      case Kind::int_:
        return one.int_bit_offset() == 0 && other.int_bit_offset() == 0;
      case Kind::array:
        local = one.element();
        target = other.element();
        break;
      default:
        return false;
    }
  }
  return false;
}

Answer TypeComparison::differ(std::string why) {
  if (difference_.empty()) difference_ = std::move(why);
  return Answer::no;
}

Answer TypeComparison::differ(TypeId local, TypeId target) {
  if (!difference_.empty()) return Answer::no;  // spelling both takes much longer than telling them apart
  return differ(fmt::format("'{}' is not the object's '{}'", spell_type(target_, target), spell_type(local_, local)));
}

Answer TypeComparison::differ_in(TypeId target, std::string_view member) {
  const std::string container = spell_type(target_, target);
  if (difference_.empty()) return differ(fmt::format("{} has no member '{}'", container, member));
  if (!std::exchange(placed_, true))
    difference_ = fmt::format("in {}, member '{}': {}", container, member, difference_);
  return Answer::no;
}

Answer TypeComparison::parameters(TypeView local, TypeView target, bool strict, bool behind_pointer, int level) {
  if (local.vlen() != target.vlen()) {
    return differ(fmt::format("a function has {} parameters, in the object {}", target.vlen(), local.vlen()));
  }
  for (std::uint32_t i = 0; i < local.vlen(); ++i) {
    const TypeId one = local.param(i).type, other = target.param(i).type;
    const Answer answer = strict ? matches(one, other, behind_pointer, level - 1) : compatible(one, other, level - 1);
    if (answer != Answer::yes) return answer;
  }
  return Answer::yes;
}

Answer TypeComparison::compatible(TypeId local, TypeId target, int level) {
  if (level < 0) return Answer::too_deep;
  for (int i = 0; i < max_chain; ++i) {
    if (++work_ > max_work) return Answer::too_deep;
    const TypeId local_id = strip_names(local_, local), target_id = strip_names(target_, target);
    const TypeView one = local_.type(local_id), other = target_.type(target_id);
    if (!same_core_kind(one, other)) return differ(local_id, target_id);
    switch (one.kind()) {
      case Kind::unkn:
      case Kind::struct_:
      case Kind::union_:
      case Kind::enum_:
      case Kind::enum64:
      case Kind::fwd:
        return Answer::yes;
      case Kind::int_:
        if (one.int_bit_offset() == 0 && other.int_bit_offset() == 0) return Answer::yes;
        return differ(local_id, target_id);
      case Kind::ptr:
        local = one.target();
        target = other.target();
        break;
      case Kind::array:
        local = one.element();
        target = other.element();
        break;
      case Kind::func_proto: {
        const Answer answer = parameters(one, other, false, false, level);
        if (answer != Answer::yes) return answer;
        local = one.target();
        target = other.target();
        break;
      }
      default:
        return differ(local_id, target_id);
    }
  }
  return Answer::too_deep;
}

Answer TypeComparison::matches(TypeId local, TypeId target, bool behind_pointer, int level) {
  if (level <= 0) return Answer::too_deep;
  for (int i = 0; i < max_chain; ++i) {
    if (++work_ > max_work) return Answer::too_deep;
    const TypeId local_id = strip_names(local_, local), target_id = strip_names(target_, target);
    const TypeView one = local_.type(local_id), other = target_.type(target_id);
    if (!same_essential_name(one.name(), other.name())) return differ(local_id, target_id);
    switch (one.kind()) {
      case Kind::unkn:
        return other.kind() == Kind::unkn ? Answer::yes : differ(local_id, target_id);
      case Kind::fwd:
        return forwards_match(one, other, behind_pointer);
      case Kind::enum_:
      case Kind::enum64:
        return enums_match(local_id, target_id);
      case Kind::struct_:
      case Kind::union_: {
        if (one.kind() == other.kind()) {
          return behind_pointer ? Answer::yes : composites_match(local_id, target_id, behind_pointer, level);
        }
        const bool declared =
            other.kind() == Kind::fwd && other.kind_flag() == (one.kind() == Kind::union_) && behind_pointer;
        return declared ? Answer::yes : differ(local_id, target_id);
      }
      case Kind::int_: {
        const bool same = other.kind() == Kind::int_ && one.size() == other.size() &&
                          ((one.int_encoding() ^ other.int_encoding()) & signed_bit) == 0;
        if (same) return Answer::yes;
        return other.kind() != Kind::int_
                   ? differ(local_id, target_id)
                   : differ(fmt::format("'{}' is of another size or sign than in the object", other.name()));
      }
      case Kind::ptr:
        if (other.kind() != Kind::ptr) return differ(local_id, target_id);
        behind_pointer = true;
        local = one.target();
        target = other.target();
        break;
      case Kind::array:
        if (other.kind() != Kind::array || one.element_count() != other.element_count()) {
          return differ(local_id, target_id);
        }
        local = one.element();
        target = other.element();
        break;
      case Kind::func_proto: {
        if (other.kind() != Kind::func_proto) return differ(local_id, target_id);
        const Answer answer = parameters(one, other, true, behind_pointer, level);
        if (answer != Answer::yes) return answer;
        local = one.target();
        target = other.target();
        break;
      }
      default:
        return differ(local_id, target_id);
    }
  }
  return Answer::too_deep;
}

Answer TypeComparison::forwards_match(TypeView local, TypeView target, bool behind_pointer) {
  const bool same = target.kind() == Kind::fwd
                        ? local.kind_flag() == target.kind_flag()
                        : behind_pointer && target.kind() == (local.kind_flag() ? Kind::union_ : Kind::struct_);
  return same ? Answer::yes
              : differ(fmt::format("'{}' is not of the kind that the object declares", spell_name(target)));
}

Answer TypeComparison::enums_match(TypeId local, TypeId target) {
  const TypeView one = local_.type(local), other = target_.type(target);
  if (!is_enum(other.kind())) return differ(local, target);
  if (one.size() != other.size()) {
    return differ(
        fmt::format("{} has {} bytes, in the object {}", spell_type(target_, target), other.size(), one.size()));
  }
  std::uint32_t next = 0;  // behind the last one found: mostly they come in the same order
  for (std::uint32_t i = 0; i < one.vlen(); ++i) {
    const std::string_view name = local_.string(one.enumerator_name(i));
    bool found = false;
    for (std::uint32_t tried = 0; tried < other.vlen() && !found; ++tried) {
      if (++work_ > max_work) return Answer::too_deep;
      const std::uint32_t k = next < other.vlen() ? next : 0;
      found = same_essential_name(name, target_.string(other.enumerator_name(k)));
      next = k + 1;
    }
    if (!found) return differ(fmt::format("{} has no enumerator '{}'", spell_type(target_, target), name));
  }
  if (one.vlen() > other.vlen()) return differ(fmt::format("{} has fewer enumerators", spell_type(target_, target)));
  return Answer::yes;
}

Answer TypeComparison::composites_match(TypeId local, TypeId target, bool behind_pointer, int level) {
  const TypeView one = local_.type(local), other = target_.type(target);
  std::uint32_t next = 0;  // as above
  for (std::uint32_t i = 0; i < one.vlen(); ++i) {
    const Member member = one.member(i);
    const std::string_view name = local_.string(member.name);
    bool found = false;
    for (std::uint32_t tried = 0; tried < other.vlen() && !found; ++tried) {
      if (++work_ > max_work) return Answer::too_deep;
      const std::uint32_t k = next < other.vlen() ? next : 0;
      const Member counterpart = other.member(k);
      next = k + 1;
      if (!same_essential_name(name, target_.string(counterpart.name))) continue;
      const Answer answer = matches(member.type, counterpart.type, behind_pointer, level - 1);
      if (answer == Answer::too_deep) return answer;
      found = answer == Answer::yes;
    }
    if (!found) return differ_in(target, name);
    difference_.clear();  // of others of that name
  }
  if (one.vlen() > other.vlen()) return differ(fmt::format("{} has fewer members", spell_type(target_, target)));
  return Answer::yes;
}

}  // namespace btfx
