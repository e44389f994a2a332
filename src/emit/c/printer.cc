#include "emit/c/printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace btfx {

namespace {

constexpr unsigned max_indent = 13;  // of libbpf

bool is_qualifier(Kind kind) {
  return kind == Kind::volatile_ || kind == Kind::const_ || kind == Kind::restrict_;
}

}  // namespace

std::string_view integer_of(TypeView enumeration) {
  const bool is_signed = enumeration.kind_flag();
  switch (enumeration.size()) {
    case 1:
      return is_signed ? "signed char" : "unsigned char";
    case 2:
      return is_signed ? "short" : "unsigned short";
    case 4:
      return is_signed ? "int" : "unsigned int";
    case 8:
      return is_signed ? "long long" : "unsigned long long";
    default:
      return {};
  }
}

void CPrinter::new_line(unsigned level) {
  static constexpr std::array<char, 16> line{'\n', '\t', '\t', '\t', '\t', '\t', '\t', '\t',
                                             '\t', '\t', '\t', '\t', '\t', '\t', '\t', '\t'};
  static_assert(max_indent < line.size());
  out_.begin_line();
  out_.put(line, 1 + std::min(level, max_indent));
}

void CPrinter::tag(TypeId id) {
  const TypeView type = btf_.type(id);
  if (is_enum(type.kind())) {
    out_.put<"enum">();
  } else if (is_union(type)) {
    out_.put<"union">();
  } else {
    out_.put<"struct">();
  }
  if (!type.is_named() && !needs_name(type)) return;
  out_.put(' ');
  put_name(names_.type(id));
}

void CPrinter::qualifier(Kind kind) {
  if (kind == Kind::volatile_) {
    out_.put<"volatile">();
  } else if (kind == Kind::const_) {
    out_.put<"const">();
  } else if (dialect_.cplusplus) {
    out_.put<"__restrict">();
  } else {
    out_.put<"restrict">();
  }
}

void CPrinter::forward(TypeId id) {
  out_.begin_line();
  tag(id);
  out_.put<";\n\n">();
}

void CPrinter::unexpected(TypeId id) {
  diagnostics_.push_back({"c-declaration",
                          fmt::format("a {} cannot be part of a declaration", kind_info(btf_.type(id).kind()).name),
                          {.type_id = raw(id)}});
}

/// Takes the type apart from the outside in, then writes it from the inside out, as C wants it.
void CPrinter::declaration(TypeId type, NameText name, unsigned level) {
  if (put_known(type, name)) return;
  WorkBudget::check_depth(++depth_, type);
  const TypeId declared = type;
  const std::size_t bottom = stack_.size();
  bool is_simple = true;  // one name for something with a name, without parentheses
  for (bool done = false; !done;) {
    budget_.spend(type);
    stack_.push_back(type);
    const TypeView view = btf_.type(type);
    switch (view.kind()) {
      case Kind::func_proto:
        is_simple = false;
        [[fallthrough]];
      case Kind::ptr:
      case Kind::const_:
      case Kind::volatile_:
      case Kind::restrict_:
      case Kind::type_tag:
        type = view.target();
        break;
      case Kind::array:
        is_simple = is_simple && type == declared;
        type = view.element();
        break;
      case Kind::func:
      case Kind::var:
      case Kind::datasec:
      case Kind::decl_tag:
        is_simple = false;
        unexpected(type);
        done = true;
        break;
      default:
        is_simple = is_simple && (view.is_named() || type == void_id);
        done = true;
    }
  }
  const auto links = static_cast<unsigned>(stack_.size() - bottom);
  const TextCursor::Mark start = out_.mark();
  chain(bottom, name, level);
  if (is_simple) remember(declared, links, start);
  stack_.resize(bottom);
  --depth_;
}

/// Writes a declaration as it was written before, if it is remembered.
bool CPrinter::put_known(TypeId type, NameText name) {
  const DeclarationCache::Declaration* known = declarations_.find(type);
  if (known == nullptr || depth_ == WorkBudget::max_depth || scopes_.may_contain_typedefs()) return false;
  if (!budget_.spend_if_enough(known->links)) return false;
  out_.begin_line();
  out_.put(known->before.text, known->before.size);
  if (known->is_separated && !name.empty()) out_.put(' ');
  put_name(name);
  out_.put(known->after.text, known->after.size);
  return true;
}

/// Remembers the declaration that has been written since `start`. In C++, where a member has the name of a typedef, the
/// next may have to be written otherwise.
void CPrinter::remember(TypeId type, unsigned links, const TextCursor::Mark& start) {
  if (scopes_.may_contain_typedefs() || names_.depends_on_order()) return;
  const std::optional<std::string_view> before = start.text_until(name_start_),
                                        after = name_end_.text_until(out_.mark());
  if (before && after) declarations_.keep(type, links, *before, is_name_separated_, *after);
}

void CPrinter::qualifiers(std::size_t bottom) {
  while (stack_.size() > bottom) {
    const Kind kind = btf_.type(stack_.back()).kind();
    if (!is_qualifier(kind)) return;
    out_.begin_line();
    qualifier(kind);
    out_.put(' ');
    stack_.pop_back();
  }
}

/// An array cannot be qualified, nor a function; where BTF says so nevertheless, it is left out.
void CPrinter::drop_modifiers(std::size_t bottom) {
  while (stack_.size() > bottom && is_modifier(btf_.type(stack_.back()).kind())) stack_.pop_back();
}

void CPrinter::declared_name(NameText name, bool last_was_pointer) {
  name_start_ = out_.mark();
  is_name_separated_ = !last_was_pointer;
  if (!name.empty() && !last_was_pointer) out_.put(' ');
  put_name(name);
  name_end_ = out_.mark();
}

void CPrinter::type_tag(TypeId id) {
  const TypeView type = btf_.type(id);
  const bool is_plain = type.kind_flag();
  if (is_plain) {
    out_.put<" __attribute__((">();
  } else {
    out_.put<" __attribute__((btf_type_tag(\"">();
  }
  put_name(names_.attribute(type));
  if (is_plain) {
    out_.put<"))">();
  } else {
    out_.put<"\")))">();
  }
}

/// Writes what is on the stack above `bottom`, and the name at its place.
void CPrinter::chain(std::size_t bottom, NameText name, unsigned level) {
  bool last_was_pointer = true;
  while (stack_.size() > bottom) {
    out_.begin_line();
    const TypeId id = stack_.back();
    stack_.pop_back();
    const TypeView type = btf_.type(id);
    const Kind kind = type.kind();
    switch (kind) {
      case Kind::unkn:
        qualifiers(bottom);
        out_.put<"void">();
        break;
      case Kind::int_:
      case Kind::float_:
        qualifiers(bottom);
        put_name(names_.number(id));
        break;
      case Kind::struct_:
      case Kind::union_:
        qualifiers(bottom);
        if (type.is_named()) {
          tag(id);
        } else {
          composite(id, level);
        }
        break;
      case Kind::enum_:
      case Kind::enum64:
        qualifiers(bottom);
        if (type.is_named()) {
          tag(id);
        } else if (type.vlen() == 0) {  // neither named nor written out, C has no enum
          const std::string_view integer = integer_of(type);
          out_.put_text(integer.empty() ? "int" : integer);
        } else {
          names_.begin_enumerators(id, true);
          enumeration(id, level);
        }
        break;
      case Kind::fwd:
        qualifiers(bottom);
        tag(id);
        break;
      case Kind::typedef_:
        qualifiers(bottom);
        // A member of that name in the same class would be found instead.
        if (dialect_.cplusplus && scopes_.contains_typedef(type.name())) out_.put<"::">();
        put_name(names_.type(id));
        break;
      case Kind::ptr:
        if (!last_was_pointer) out_.put(' ');
        out_.put('*');
        break;
      case Kind::volatile_:
      case Kind::const_:
      case Kind::restrict_:
        out_.put(' ');
        qualifier(kind);
        break;
      case Kind::type_tag:
        qualifiers(bottom);
        type_tag(id);
        break;
      case Kind::array:
        return array(id, bottom, name, last_was_pointer, level);
      case Kind::func_proto:
        return prototype(id, bottom, name, last_was_pointer, level);
      default:
        return unexpected(id);
    }
    last_was_pointer = kind == Kind::ptr;
  }
  declared_name(name, last_was_pointer);
}

void CPrinter::array(TypeId id, std::size_t bottom, NameText name, bool last_was_pointer, unsigned level) {
  drop_modifiers(bottom);
  if (stack_.size() == bottom) {
    declared_name(name, last_was_pointer);
  } else {
    if (!name.empty() && !last_was_pointer) out_.put(' ');
    const bool parenthesised = btf_.type(stack_.back()).kind() != Kind::array;
    if (parenthesised) out_.put('(');
    WorkBudget::check_depth(++depth_, id);
    chain(bottom, name, level);
    --depth_;
    out_.begin_line();
    if (parenthesised) out_.put(')');
  }
  out_.put('[');
  out_.put_number(btf_.type(id).element_count());
  out_.put(']');
}

void CPrinter::prototype(TypeId id, std::size_t bottom, NameText name, bool last_was_pointer, unsigned level) {
  drop_modifiers(bottom);
  if (stack_.size() == bottom) {
    declared_name(name, last_was_pointer);
  } else {
    out_.put<" (">();
    WorkBudget::check_depth(++depth_, id);
    chain(bottom, name, level);
    --depth_;
    out_.begin_line();
    out_.put(')');
  }
  out_.put('(');
  const TypeView type = btf_.type(id);
  const std::uint32_t count = type.vlen();
  // Compilers once described `f(void)` as a single parameter of type void.
  if (count == 0 || (count == 1 && type.param(0).type == void_id)) out_.put<"void">();
  for (std::uint32_t i = 0; i < count; ++i) {
    const Param param = type.param(i);
    if (i != 0) out_.put<", ">();
    if (param.type != void_id || i + 1 != count) {
      declaration(param.type, names_.variable(type.btf(), param.name), level);
    } else if (count != 1) {
      out_.put<"...">();
    }
  }
  out_.put(')');
}

}  // namespace btfx
