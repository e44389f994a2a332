// The half of CPrinter that writes definitions, and finds out what compilers make of them.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "btf/spelling.h"
#include "emit/c/padding.h"
#include "emit/c/printer.h"

namespace btfx {

namespace {

constexpr std::int64_t max_size = std::int64_t{1} << 31;  // bytes, of what is far from fitting anyway

/// Whether an enum of eight bytes gets its size by attribute only: an ENUM always, an ENUM64 if no value needs it.
bool needs_word_mode(TypeView type) {
  if (type.kind() == Kind::enum_) return true;
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
    if (type.enumerator_value(i) >> 32 != 0) return false;
  }
  return true;
}

std::string held_without_definition(TypeView type) {
  return fmt::format("holds {}, which is only declared, so that compilers refuse the header", spell_name(type));
}

}  // namespace

void CPrinter::definition(TypeId id, bool may_recur) {
  out_.begin_line();
  defined_ = id;
  const Kind kind = btf_.type(id).kind();
  if (is_composite(kind)) {
    composite(id, 0);
  } else if (is_enum(kind)) {
    names_.begin_enumerators(id, may_recur);
    enumeration(id, 0);
  } else {
    typedef_definition(id);
  }
  out_.put<";\n\n">();
}

void CPrinter::typedef_definition(TypeId id) {
  const NameText name = names_.type(id);
  const TypeId target = btf_.type(id).target();
  if (target == void_id && btf_.type(id).name() == "__gnuc_va_list") {
    out_.put<"typedef __builtin_va_list ">();  // what compilers describe as a typedef of nothing
    put_name(name);
    return;
  }
  out_.put<"typedef ">();
  declaration(target, name, 0);
  if (btf_.type(target).kind() == Kind::array) {
    const std::optional<Elements> elements = elements_of(btf_, target);
    if (elements && is_only_declared(elements->type)) misfit(id, held_without_definition(elements->type));
  }
}

/// C++ is told how large an enum is; in C that is left to the values and to attributes.
void CPrinter::enumeration(TypeId id, unsigned level) {
  const TypeView type = btf_.type(id);
  tag(id);
  if (const std::string_view integer = integer_of(type); dialect_.cplusplus && !integer.empty()) {
    out_.put<" : ">();
    out_.put_text(integer);
  }
  if (type.vlen() == 0) return;
  out_.put<" {">();
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
    budget_.spend(id);
    new_line(level + 1);
    const std::string_view name = type.btf().string(type.enumerator_name(i));
    const bool taken = dialect_.cplusplus && (scopes_.contains(name) || scopes_.is_class_name(name));
    put_name(names_.enumerator(type.btf(), type.enumerator_name(i), taken));
    out_.put<" = ">();
    const std::uint64_t value = type.enumerator_value(i);
    if (type.kind_flag()) {
      out_.put_number(static_cast<std::int64_t>(value));
    } else {
      out_.put_number(value);
    }
    if (type.kind() == Kind::enum64) {
      if (!type.kind_flag()) out_.put('U');
      out_.put<"LL">();
    }
    out_.put(',');
  }
  new_line(level);
  out_.put('}');
  if (dialect_.cplusplus) return;
  const bool has_word_mode = type.size() == 8 && btf_.pointer_size() == 8 && needs_word_mode(type);
  if (type.size() == 1) {
    out_.put<" __attribute__((mode(byte)))">();
  } else if (has_word_mode) {
    out_.put<" __attribute__((mode(word)))">();
  }
  const unsigned size = type.size() == 1 ? 1 : has_word_mode || !needs_word_mode(type) ? 8 : 4;
  if (size == type.size()) return;
  measure(id, {size, std::min(size, btf_.pointer_size())});
  misfit(id, fmt::format("gets {} bytes instead of {}", size, type.size()));
}

void CPrinter::composite(TypeId id, unsigned level) {
  tag(id);
  if (!dialect_.cplusplus) return composite_body(id, level);
  scopes_.enter(id);
  const bool outer = std::exchange(in_anonymous_, false);
  composite_body(id, level);
  in_anonymous_ = outer;
  scopes_.leave();
}

/// What stands between the braces, the braces themselves, and the attribute after them.
void CPrinter::composite_body(TypeId id, unsigned level) {
  const TypeView type = btf_.type(id);
  const bool is_struct = type.kind() == Kind::struct_;
  const bool needs_packed = alignments_.needs_packed(id),
             packed = (is_struct || dialect_.packed_unions) && needs_packed;
  out_.put<" {">();
  CompilerLayout compiled(!is_struct, packed);
  const unsigned whole = alignments_.of(id);
  // Then what does not lie behind a hole is where its alignment wants it.
  const bool is_natural = packed == needs_packed && whole != 0;
  if (is_natural) compiled.align(whole);
  std::optional<std::string> fault;  // the first member that compilers will put elsewhere
  std::int64_t end = 0;              // of the last member, in bits
  bool was_bitfield = false;
  for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
    budget_.spend(id);
    const Member member = type.member(i);
    const bool is_bitfield = member.bitfield_size != 0;
    const std::optional<Elements> elements = elements_of(btf_, member.type);
    const bool is_behind_last =
        is_natural && !is_bitfield && end >= member.bit_offset && compiled.next() == member.bit_offset;
    const unsigned alignment = is_behind_last ? 1 : elements ? alignments_.of(*elements) : 0;
    if (end < member.bit_offset) {
      hole(end, member.bit_offset, packed ? 1 : alignment, was_bitfield && is_bitfield, level + 1, compiled);
    }
    new_line(level + 1);
    member_declaration(type, member, level + 1);
    std::uint32_t size = 0;
    std::optional<Measure> other;
    if (elements) {
      size = size_of(btf_, *elements).value_or(0);
      if (!is_measured_.empty() && is_measured_[raw(elements->id)]) other = compiled_measure(*elements);
      if (const Kind kind = elements->type.kind(); values_ != nullptr && (is_composite(kind) || is_enum(kind))) {
        values_->push_back(elements->id);
      }
      if (is_only_declared(elements->type)) misfit(id, held_without_definition(elements->type));
    }
    const Measure measure = other.value_or(Measure{size, std::max(alignment, 1U)});
    std::int64_t place = member.bit_offset;
    if (is_bitfield) {
      out_.put<": ">();
      out_.put_number(member.bitfield_size);
      end = std::int64_t{member.bit_offset} + member.bitfield_size;
      place = compiled.bitfield(member.bitfield_size, measure.size, measure.alignment);
    } else {
      end = std::int64_t{member.bit_offset} + std::int64_t{8} * size;
      if (is_behind_last && !other) {
        compiled.following_member(size);
      } else {
        place = compiled.member(measure.size, measure.alignment);
      }
    }
    if (place != member.bit_offset && !fault) {
      fault = fmt::format("gets member '{}' at bit {} instead of {}", type.btf().string(member.name), place,
                          member.bit_offset);
    }
    was_bitfield = is_bitfield;
    out_.put(';');
  }
  if (is_struct) hole(end, std::int64_t{8} * type.size(), whole, false, level + 1, compiled);
  const bool is_empty = type.vlen() == 0 && (type.size() == 0 || !is_struct);
  if (dialect_.cplusplus && is_empty) {  // where nothing is in it, C++ would make the size 1
    new_line(level + 1);
    out_.put<"char __empty[">();
    out_.put_number(type.size());
    out_.put<"];">();
    compiled.member(type.size(), 1);
  }
  compare(id, compiled, std::move(fault));
  if (type.vlen() != 0 || type.size() != 0 || dialect_.cplusplus) new_line(level);
  out_.put('}');
  if (packed) out_.put<" __attribute__((packed))">();
}

/// What compilers make of a value whose type has been measured.
CPrinter::Measure CPrinter::compiled_measure(const Elements& elements) const {
  const Measure& found = measures_.at(elements.id);
  const bool is_huge = found.size != 0 && elements.count > max_size / found.size;
  return Measure{is_huge ? max_size : found.size * elements.count, found.alignment};
}

void CPrinter::measure(TypeId id, Measure measure) {
  is_measured_.resize(raw(btf_.end_id()));
  is_measured_[raw(id)] = true;
  measures_[id] = measure;
}

void CPrinter::forget() {
  misfits_.clear();
  extended_.clear();
  measures_.clear();
  is_measured_.clear();
  long_holes_ = 0;
}

/// Notes and tells where compilers will not lay out a composite as it is.
void CPrinter::compare(TypeId id, const CompilerLayout& compiled, std::optional<std::string> fault) {
  const TypeView type = btf_.type(id);
  if (compiled.size() != type.size() || compiled.alignment() != std::max(alignments_.of(id), 1U)) {
    measure(id, {std::min(compiled.size(), max_size), compiled.alignment()});
  }
  if (compiled.size() != type.size() && !fault) {
    fault = fmt::format("gets {} bytes instead of {}", compiled.size(), type.size());
  }
  if (fault) misfit(id, std::move(*fault));
}

void CPrinter::misfit(TypeId id, std::string fault) {
  constexpr std::size_t most_named = 20;
  if (!misfits_.insert(id).second || misfits_.size() > most_named) return;
  const TypeView type = btf_.type(id);
  const bool wants_packed_unions =
      type.kind() == Kind::union_ && !dialect_.packed_unions && alignments_.needs_packed(id);
  diagnostics_.push_back({"c-layout",
                          fmt::format("{}{} cannot be laid out in C as it is: it {}{}", spell_name(type),
                                      type.is_named() ? "" : fmt::format(" in {}", spell_name(btf_.type(defined_))),
                                      fault, wants_packed_unions ? "; --packed-unions mends that" : ""),
                          {.type_id = raw(id)}});
}

void CPrinter::member_declaration(TypeView owner, const Member& member, unsigned level) {
  // In C++ a member of an anonymous member may not be called like the class.
  const bool taken = dialect_.cplusplus && in_anonymous_ && scopes_.is_class_name(owner.btf().string(member.name));
  const NameText name = names_.variable(owner.btf(), member.name, taken);
  if (name.empty()) {
    // An anonymous member whose type has a tag: written out, it needs no extension. In C++ the members of any anonymous
    // member belong to the scope around it.
    const TypeId inner = strip_names(btf_, member.type);
    const TypeView type = btf_.type(inner);
    const bool has_tag = is_composite(type.kind()) && (type.is_named() || btf_.type(member.type).is_named());
    if (has_tag && dialect_.ms_extensions) extended_.insert(defined_);
    if (is_composite(type.kind()) && !dialect_.ms_extensions) {
      out_.put_text(type.kind() == Kind::union_ ? "union" : "struct");
      WorkBudget::check_depth(++depth_, inner);
      const bool outer = std::exchange(in_anonymous_, true);
      composite_body(inner, level);
      in_anonymous_ = outer;
      --depth_;
      return;
    }
  }
  declaration(member.type, name, level);
}

void CPrinter::hole(std::int64_t current, std::int64_t next, std::int64_t next_alignment, bool in_bitfield,
                    unsigned level, CompilerLayout& compiled) {
  const std::int64_t lines = (next - current) / (std::int64_t{8} * btf_.pointer_size());
  if (lines > padding_lines_) {  // too many to read, and a few bytes of BTF can ask for gigabytes of it
    const std::int64_t bytes = next / 8 - (current + 7) / 8;
    new_line(level);
    out_.put<"char __hole_">();
    out_.put_number(++long_holes_);
    out_.put('[');
    out_.put_number(bytes);
    out_.put<"];">();
    compiled.member(bytes, 1);
    current = next / 8 * 8;
  } else if (lines > 0) {
    padding_lines_ -= lines;
  }
  fill_hole(current, next, next_alignment, in_bitfield, btf_.pointer_size(), [&](const Padding& padding) {
    new_line(level);
    out_.put(ShortWord(padding.unit));
    out_.put<": ">();
    out_.put_number(padding.bits);
    out_.put(';');
    compiled.padding(padding.bits, padding.bytes);
  });
}

}  // namespace btfx
