#include "emit/dump_c.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>

#include "emit/c_names.h"
#include "emit/c_order.h"
#include "emit/c_printer.h"
#include "emit/c_sort.h"
#include "emit/text_buffer.h"
#include "emit/work_budget.h"

namespace btfx {

namespace {

/// Types that compilers know without saying so in their debug information, and how others can get them.
struct MissingType {
  std::string_view name, meaning;
};
constexpr std::array<MissingType, 4> missing_types{{
    {"__Poly8_t", "unsigned char"},
    {"__Poly16_t", "unsigned short"},
    {"__Poly64_t", "unsigned long long"},
    {"__Poly128_t", "unsigned __int128"},
}};

/// Writes the header piece by piece; every step relies on what the steps before have written.
class HeaderWriter {
 public:
  HeaderWriter(const Btf& btf, Output& out, Diagnostics& diagnostics)
      : btf_(btf),
        buffer_(out),
        out_(buffer_),
        budget_(btf),
        order_(btf, budget_),
        names_(btf),
        printer_(btf, names_, out_, budget_, diagnostics),
        diagnostics_(diagnostics),
        states_(raw(btf.end_id())) {
    states_[0].is_emitted = true;
  }

  void prologue();
  void roots(const std::vector<TypeId>& ids) {
    for (const TypeId id : ids) root(id);
  }
  void all_sorted() {
    CSort sort(btf_);
    roots(sort.ranked());
    roots(sort.others([this](TypeId id) { return order_.matters(id); }));
  }
  void all_by_id() {
    for (TypeId id{1}; id != btf_.end_id(); ++id) root(id);
  }
  void kfuncs();
  void epilogue();
  void flush() {
    out_.finish();
    buffer_.flush();
  }

 private:
  struct State {
    bool is_emitting = false;
    bool is_emitted = false;
    bool is_declared = false;  // a forward declaration, or a typedef that was needed early, has been written
  };

  void root(TypeId id);
  void emit(TypeId id, TypeId within, unsigned depth);
  void emit_again(TypeId id, TypeId within);
  void emit_composite(TypeId id, TypeId within, unsigned depth);
  void emit_missing(TypeId id);
  /// Compilers have it built in, so that its definition would be a mistake.
  [[nodiscard]] bool is_builtin(TypeId id) const { return btf_.type(id).name() == "__builtin_va_list"; }

  const Btf& btf_;
  TextBuffer buffer_;
  TextCursor out_;
  WorkBudget budget_;
  COrder order_;
  CNames names_;
  CPrinter printer_;
  Diagnostics& diagnostics_;
  std::vector<State> states_;
  std::vector<TypeId> queue_;
};

void HeaderWriter::prologue() {
  out_.put_text(
      "#ifndef __VMLINUX_H__\n"
      "#define __VMLINUX_H__\n"
      "\n"
      "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
      "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n"
      "#endif\n"
      "\n"
      "#ifndef __ksym\n"
      "#define __ksym __attribute__((section(\".ksyms\")))\n"
      "#endif\n"
      "\n"
      "#ifndef __weak\n"
      "#define __weak __attribute__((weak))\n"
      "#endif\n"
      "\n"
      "#ifndef __bpf_fastcall\n"
      "#if __has_attribute(bpf_fastcall)\n"
      "#define __bpf_fastcall __attribute__((bpf_fastcall))\n"
      "#else\n"
      "#define __bpf_fastcall\n"
      "#endif\n"
      "#endif\n"
      "\n");
}

void HeaderWriter::epilogue() {
  out_.put_text(
      "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
      "#pragma clang attribute pop\n"
      "#endif\n"
      "\n"
      "#endif /* __VMLINUX_H__ */\n");
}

void HeaderWriter::root(TypeId id) {
  queue_.clear();
  order_.order(id, queue_);
  for (const TypeId needed : queue_) emit(needed, void_id, 0);
}

/// Writes the definition of what is in the queue, and declarations of what definitions refer to. `within` is the named
/// definition that needs the type; void: the type stands in the queue itself.
void HeaderWriter::emit(TypeId id, TypeId within, unsigned depth) {
  State& state = states_[raw(id)];
  if (state.is_emitted) return;
  if (state.is_emitting) return emit_again(id, within);
  budget_.spend(id);
  WorkBudget::check_depth(depth++, id);
  const TypeView type = btf_.type(id);
  switch (type.kind()) {
    case Kind::int_:
      emit_missing(id);
      state.is_emitted = true;
      break;
    case Kind::enum_:
    case Kind::enum64:
      if (within == void_id) printer_.definition(id);
      state.is_emitted = true;
      break;
    case Kind::ptr:
    case Kind::const_:
    case Kind::volatile_:
    case Kind::restrict_:
    case Kind::type_tag:
      emit(type.target(), within, depth);
      break;
    case Kind::array:
      emit(type.element(), within, depth);
      break;
    case Kind::fwd:
      printer_.forward(id);
      state.is_emitted = true;
      break;
    case Kind::typedef_:
      state.is_emitting = true;
      emit(type.target(), id, depth);
      if (!state.is_declared && !is_builtin(id)) printer_.definition(id);
      state.is_emitted = true;
      break;
    case Kind::struct_:
    case Kind::union_:
      emit_composite(id, within, depth);
      break;
    case Kind::func_proto:
      emit(type.target(), within, depth);
      for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) emit(type.param(i).type, within, depth);
      break;
    default:
      break;
  }
}

void HeaderWriter::emit_composite(TypeId id, TypeId within, unsigned depth) {
  State& state = states_[raw(id)];
  const TypeView type = btf_.type(id);
  const bool is_top = within == void_id;
  state.is_emitting = true;
  if (is_top || !type.is_named()) {
    const TypeId around = type.is_named() ? id : within;
    for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) emit(type.member(i).type, around, depth);
  } else if (!state.is_declared && id != within) {
    printer_.forward(id);
    state.is_declared = true;
  }
  state.is_emitting = false;
  if (is_top) {
    printer_.definition(id);
    state.is_emitted = true;
  }
}

/// The type is needed by something that itself is needed for the type's definition.
void HeaderWriter::emit_again(TypeId id, TypeId within) {
  State& state = states_[raw(id)];
  if (state.is_declared) return;
  const TypeView type = btf_.type(id);
  if (is_composite(type.kind())) {
    if (id == within) return;
    if (!type.is_named()) {
      diagnostics_.push_back({.severity = Severity::warning,
                              .code = "c-loop",
                              .text = "an anonymous struct or union holds what refers to it",
                              .place = {.type_id = raw(id)}});
      return;
    }
    printer_.forward(id);
    state.is_declared = true;
  } else if (type.kind() == Kind::typedef_) {
    if (!is_builtin(id)) printer_.definition(id);
    state.is_declared = true;
  }
}

void HeaderWriter::emit_missing(TypeId id) {
  const std::string_view name = btf_.type(id).name();
  if (!name.starts_with("__Poly")) return;
  const auto* found = std::ranges::find(missing_types, name, &MissingType::name);
  if (found == missing_types.end()) return;
  out_.begin_line();
  out_.put<"typedef ">();
  out_.put_text(found->meaning);
  out_.put(' ');
  out_.put_name(names_.type(id));
  out_.put<";\n\n">();
}

/// Prototypes of the kernel functions that BPF programs may call, by name.
void HeaderWriter::kfuncs() {
  struct Kfunc {
    const char* name;
    TypeId prototype;
    TypeId function;
  };
  std::vector<Kfunc> functions;
  std::unordered_set<std::uint32_t> fast;
  for (TypeId id{1}; id != btf_.end_id(); ++id) {
    const TypeView tag = btf_.type(id);
    if (tag.kind() != Kind::decl_tag || tag.component() != -1) continue;
    const TypeView function = btf_.type(tag.target());
    if (function.kind() != Kind::func) continue;
    if (tag.name() == "bpf_kfunc") {
      functions.push_back({function.btf().c_string(function.name_offset()), function.target(), tag.target()});
    } else if (tag.name() == "bpf_fastcall") {
      fast.insert(raw(tag.target()));
    }
  }
  std::ranges::stable_sort(functions, [](const Kfunc& a, const Kfunc& b) { return std::strcmp(a.name, b.name) < 0; });
  out_.put_text(
      "\n"
      "/* BPF kfuncs */\n"
      "#ifndef BPF_NO_KFUNC_PROTOTYPES\n");
  for (const Kfunc& kfunc : functions) {
    out_.begin_line();
    out_.put<"extern ">();
    if (fast.contains(raw(kfunc.function))) out_.put<"__bpf_fastcall ">();
    printer_.declaration(kfunc.prototype, {kfunc.name, 0});
    out_.put<" __weak __ksym;\n">();
  }
  out_.put_text("#endif\n\n");
}

void refuse_unknown_kinds(const Btf& btf) {
  for (const Btf* part = &btf; part != nullptr; part = part->base().get()) {
    if (!part->has_unknown_kinds()) continue;
    TypeId id = part->first_id();
    while (is_known(part->type(id).kind()) && part->type(id).kind() != Kind::void_) ++id;
    throw Error(
        ErrorCode::unsupported,
        fmt::format("kind {} is unknown, so it cannot be written as C", static_cast<unsigned>(part->type(id).kind())),
        {.type_id = raw(id)});
  }
}

}  // namespace

void dump_c(const Btf& btf, const DumpCOptions& options, Output& out, Diagnostics& diagnostics) {
  refuse_unknown_kinds(btf);
  HeaderWriter header(btf, out, diagnostics);
  header.prologue();
  try {
    if (options.roots) {
      header.roots(*options.roots);
    } else if (options.sorted) {
      header.all_sorted();
    } else {
      header.all_by_id();
    }
    if (!options.roots) header.kfuncs();
  } catch (const Error&) {
    header.flush();
    throw;
  }
  header.epilogue();
  header.flush();
}

}  // namespace btfx
