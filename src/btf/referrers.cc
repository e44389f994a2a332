#include "btf/referrers.h"

#include <algorithm>

#include "btf/fields.h"

namespace btfx {

Referrers::Referrers(const Btf& btf, TypeId first)
    : first_(std::max(raw(first), 1U)), heads_(std::max(raw(btf.end_id()), first_) - first_) {
  // From the last type to the first, so that each new one goes to the head of its list.
  for (std::uint32_t id = raw(btf.end_id()); id-- > raw(btf.first_id());) {
    const TypeView type = btf.type(TypeId{id});
    if (type.kind() == Kind::decl_tag) continue;
    std::uint32_t element = 0;
    visit_type_ids(type.record(), [&](std::uint32_t target) {
      const std::uint32_t which = element++;
      if (target < first_ || target == id) return;
      std::uint32_t& head = heads_[target - first_];
      if (head != 0 && raw(referrers_[head - 1].id) == id) return;
      referrers_.push_back(Referrer(TypeId{id}, which, head));
      head = static_cast<std::uint32_t>(referrers_.size());
    });
  }
}

}  // namespace btfx
