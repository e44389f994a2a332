#include "btf/declared.h"

namespace btfx {

Kind declared_kind(TypeView type) {
  if (type.kind() == Kind::enum64) return Kind::enum_;
  if (type.kind() == Kind::fwd) return type.kind_flag() ? Kind::union_ : Kind::struct_;
  return type.kind();
}

bool is_forward(TypeView type) {
  return type.kind() == Kind::fwd || (is_enum(type.kind()) && type.vlen() == 0 && !type.name().empty());
}

}  // namespace btfx
