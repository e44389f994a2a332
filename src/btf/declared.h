// What a type declares: the kind that its name stands for, and whether it only says that something is there.
#pragma once

#include "btf/btf.h"

namespace btfx {

/// The kind that a name is looked up under: ENUM64 is an enum, FWD what it declares.
Kind declared_kind(TypeView type);
/// Whether the type only says that something of its name exists: FWD, or a named enum without values.
bool is_forward(TypeView type);

}  // namespace btfx
