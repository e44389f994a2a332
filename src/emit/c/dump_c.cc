#include "emit/c/dump_c.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <functional>
#include <unordered_set>
#include <utility>

#include "base/batch.h"
#include "btf/spelling.h"
#include "emit/c/names.h"
#include "emit/c/plan.h"
#include "emit/c/printer.h"
#include "emit/c/sort.h"
#include "emit/dump/text_buffer.h"
#include "emit/dump/work_budget.h"

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

/// A kernel function that BPF programs may call.
struct Kfunc {
  const char* name;
  TypeId function, prototype;
  bool is_fast;  // keeps more registers
};

/// Whether two function prototypes return and take the same, whatever the parameters are called.
bool same_prototype(const Btf& btf, TypeId a, TypeId b) {
  if (a == b) return true;
  const TypeView one = btf.type(a), other = btf.type(b);
  if (one.kind() != Kind::func_proto || other.kind() != Kind::func_proto) return false;
  if (one.target() != other.target() || one.vlen() != other.vlen()) return false;
  for (std::uint32_t i = 0, n = one.vlen(); i < n; ++i) {
    if (one.param(i).type != other.param(i).type) return false;
  }
  return true;
}

/// Takes out functions that have the name of another with other parameters, and warns of each.
void drop_namesakes(const Btf& btf, std::vector<Kfunc>& kfuncs, Diagnostics& diagnostics) {
  std::vector<Kfunc> kept;
  for (const Kfunc& kfunc : kfuncs) {
    if (kept.empty() || std::strcmp(kept.back().name, kfunc.name) != 0 ||
        same_prototype(btf, kept.back().prototype, kfunc.prototype)) {
      kept.push_back(kfunc);
    } else {
      diagnostics.push_back(
          {"c-function",
           fmt::format("function '{}' has two prototypes, those of types {} and {}: only the first is declared",
                       kfunc.name, raw(kept.back().function), raw(kfunc.function))});
    }
  }
  kfuncs = std::move(kept);
}

/// The functions that declaration tags mark as such, by name, one that is tagged twice is there twice; and those that
/// are asked for.
std::vector<Kfunc> find_kfuncs(const Btf& btf, const DumpCOptions& options, Diagnostics& diagnostics) {
  std::vector<Kfunc> kfuncs;
  if (options.kfuncs == Kfuncs::none || (options.kfuncs == Kfuncs::automatic && options.roots)) return kfuncs;
  std::unordered_set<TypeId> selected, fast;
  const bool all = options.kfuncs != Kfuncs::selected || !options.roots;
  if (!all) selected.insert(options.roots->begin(), options.roots->end());
  for (TypeId id{1}; id != btf.end_id(); ++id) {
    if (btf.kind(id) != Kind::decl_tag) continue;
    const TypeView tag = btf.type(id);
    if (tag.component() != -1) continue;
    const TypeView function = btf.type(tag.target());
    if (function.kind() != Kind::func) continue;
    if (tag.name() == "bpf_fastcall") {
      fast.insert(tag.target());
    } else if (tag.name() == "bpf_kfunc" && (all || selected.contains(tag.target()))) {
      kfuncs.push_back({function.btf().c_string(function.name_offset()), tag.target(), function.target(), false});
    }
  }
  if (options.kfuncs == Kfuncs::all && kfuncs.empty()) {
    diagnostics.push_back({"c-kfuncs",
                           "no function is tagged as one that BPF programs may call, so that --kfuncs declares none; "
                           "pahole before 1.27 tags none"});
  }
  std::unordered_set<std::string_view> tagged;
  for (const Kfunc& kfunc : kfuncs) tagged.insert(kfunc.name);
  for (const TypeId id : options.functions) {
    const TypeView function = btf.type(id);
    if (tagged.contains(function.name())) continue;
    kfuncs.push_back({function.btf().c_string(function.name_offset()), id, function.target(), false});
  }
  for (Kfunc& kfunc : kfuncs) kfunc.is_fast = fast.contains(kfunc.function);
  std::ranges::stable_sort(kfuncs, [](const Kfunc& a, const Kfunc& b) { return std::strcmp(a.name, b.name) < 0; });
  drop_namesakes(btf, kfuncs, diagnostics);
  return kfuncs;
}

/// Plans the header for all roots, some hundred steps at a time.
class Planner {
 public:
  /// Steps that were planned, and why there are no more if that was not the end.
  struct Batch {
    std::vector<CStep> steps;
    std::exception_ptr failure;
  };

  /// Where all types are to be written, all alignments are found out on the way.
  Planner(const Btf& btf, const DumpCOptions& options, Alignments& alignments, unsigned jobs)
      : sort_(btf), is_sorted_(options.sorted && !options.roots) {
    const auto find_roots = [&] {
      if (options.roots) {
        roots_ = *options.roots;
      } else if (is_sorted_) {
        roots_ = sort_.ranked();
      } else {
        for (TypeId id{1}; id != btf.end_id(); ++id) roots_.push_back(id);
      }
    };
    const auto find_the_rest = [&] {
      plan_.emplace(btf);
      kfuncs_ = find_kfuncs(btf, options, diagnostics_);
      if (!options.roots) {
        plan_->look_at_all();
        alignments.look_at_all();
      }
    };
    // One takes about as long as the other.
    const std::array<std::function<void()>, 2> tasks{find_roots, find_the_rest};
    run_ranges(
        0, tasks.size(), jobs, [&](std::size_t task, std::size_t) { tasks[task](); }, 1);
    if (options.roots) {
      for (const Kfunc& kfunc : kfuncs_) prototypes_.push_back(kfunc.prototype);
    }
  }

  std::optional<Batch> next() {
    if (has_failed_) return std::nullopt;
    Batch batch;
    try {
      while (batch.steps.size() < enough && !at_end()) plan_->add(roots_[position_++], batch.steps);
      if (at_end()) {
        for (const TypeId prototype : std::exchange(prototypes_, {})) plan_->add_prototype(prototype, batch.steps);
      }
    } catch (const Error&) {
      batch.failure = std::current_exception();
      has_failed_ = true;
    }
    if (batch.steps.empty() && !batch.failure) return std::nullopt;
    return batch;
  }

  [[nodiscard]] const std::vector<Kfunc>& kfuncs() const { return kfuncs_; }
  [[nodiscard]] Diagnostics diagnostics() const {
    Diagnostics all = plan_->diagnostics();
    all.insert(all.end(), diagnostics_.begin(), diagnostics_.end());
    return all;
  }

 private:
  static constexpr std::size_t enough = 500;

  bool at_end() {
    if (position_ == roots_.size() && is_sorted_) {  // what is left is worth sorting only now
      is_sorted_ = false;
      position_ = 0;
      roots_ = sort_.others([this](TypeId id) { return plan_->matters(id); });
    }
    return position_ == roots_.size();
  }

  std::optional<CPlan> plan_;  // there from the constructor on
  CSort sort_;
  bool is_sorted_;  // and the others are still to come
  std::vector<TypeId> roots_;
  std::vector<Kfunc> kfuncs_;
  Diagnostics diagnostics_;  // of the functions
  bool has_failed_ = false;
  std::vector<TypeId> prototypes_;  // whose functions are declared in the end
  std::size_t position_ = 0;
};

/// Writes the header piece by piece.
class HeaderWriter {
 public:
  HeaderWriter(const Btf& btf, const DumpCOptions& options, Alignments& alignments, Output& out,
               Diagnostics& diagnostics)
      : btf_(btf),
        options_(options),
        diagnostics_(diagnostics),
        buffer_(out),
        out_(buffer_),
        budget_(btf),
        names_(btf, {.cplusplus = options.cplusplus, .avoid_libc = options.avoid_libc}),
        printer_(btf,
                 {.cplusplus = options.cplusplus,
                  .ms_extensions = options.ms_extensions && !options.cplusplus,
                  .packed_unions = options.packed_unions || options.cplusplus},
                 alignments, names_, out_, budget_, diagnostics) {}

  void prologue();
  void step(CStep step);
  void kfuncs(const std::vector<Kfunc>& kfuncs);
  void epilogue();
  /// Tells of what the header as a whole asks of its reader.
  void report();
  void flush() {
    out_.finish();
    buffer_.flush();
  }

 private:
  /// clang knows the attribute in C only.
  [[nodiscard]] bool preserves_access_index() const { return options_.preserve_access_index && !options_.cplusplus; }
  void missing_type(TypeId id);

  const Btf& btf_;
  const DumpCOptions& options_;
  Diagnostics& diagnostics_;
  TextBuffer buffer_;
  TextCursor out_;
  WorkBudget budget_;
  CNames names_;
  CPrinter printer_;
};

void HeaderWriter::prologue() {
  out_.put_text(fmt::format("#ifndef {0}\n#define {0}\n\n", options_.guard));
  if (preserves_access_index()) {
    out_.put_text(
        "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
        "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n"
        "#endif\n"
        "\n");
  }
  out_.put_text(
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
  if (preserves_access_index()) {
    out_.put_text(
        "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
        "#pragma clang attribute pop\n"
        "#endif\n"
        "\n");
  }
  out_.put_text(fmt::format("#endif /* {} */\n", options_.guard));
}

void HeaderWriter::step(CStep step) {
  switch (step.form) {
    case CStep::Form::forward:
      if (needs_name(btf_.type(step.id))) {
        diagnostics_.push_back({"c-nameless",
                                fmt::format("a forward declaration without a name is called '{} {}'",
                                            tag_word(btf_.type(step.id)), names_.type(step.id).text),
                                {.type_id = raw(step.id)}});
      }
      printer_.forward(step.id);
      break;
    case CStep::Form::definition:
      if (btf_.type(step.id).kind() != Kind::typedef_ || !names_.is_builtin(step.id)) printer_.definition(step.id);
      break;
    case CStep::Form::number:
      missing_type(step.id);
      break;
  }
}

void HeaderWriter::missing_type(TypeId id) {
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

void HeaderWriter::kfuncs(const std::vector<Kfunc>& kfuncs) {
  out_.put_text(
      "\n"
      "/* BPF kfuncs */\n"
      "#ifndef BPF_NO_KFUNC_PROTOTYPES\n");
  if (options_.cplusplus) out_.put_text("extern \"C\" {\n");
  for (const Kfunc& kfunc : kfuncs) {
    if (const std::string_view fault = names_.function_fault(kfunc.name); !fault.empty()) {
      diagnostics_.push_back({"c-function", fmt::format("function '{}' is not declared: {}", kfunc.name, fault)});
      continue;
    }
    out_.begin_line();
    out_.put<"extern ">();
    if (kfunc.is_fast) out_.put<"__bpf_fastcall ">();
    printer_.declaration(kfunc.prototype, {kfunc.name, 0});
    out_.put<" __weak __ksym;\n">();
  }
  if (options_.cplusplus) out_.put_text("}\n");
  out_.put_text("#endif\n\n");
}

/// `'a', 'b', 'c' and 7 more`.
std::string spell_types(const Btf& btf, const std::set<TypeId>& types) {
  constexpr std::size_t shown = 5;
  std::string text;
  std::size_t count = 0;
  for (const TypeId id : types) {
    if (count == shown) return fmt::format("{} and {} more", text, types.size() - shown);
    text += fmt::format("{}'{}'", count++ == 0 ? "" : ", ", spell_name(btf.type(id)));
  }
  return text;
}

void HeaderWriter::report() {
  if (const std::set<TypeId>& types = printer_.extended(); !types.empty()) {
    diagnostics_.push_back(
        {"c-ms-extensions",
         fmt::format("compile with -fms-extensions, or write the header with --no-ms-extensions: without, "
                     "compilers leave out anonymous members with a tag, so that {} {} a wrong layout: {}",
                     types.size(), types.size() == 1 ? "type gets" : "types get", spell_types(btf_, types))});
  }
  constexpr std::size_t named = 20;
  if (const std::size_t count = printer_.misfits().size(); count > named) {
    diagnostics_.push_back(
        {"c-layout", fmt::format("{} more types cannot be laid out in C as they are", count - named)});
  }
  if (names_.changed() != 0) {
    diagnostics_.push_back(
        {"c-names",
         names_.changed() == 1
             ? std::string("1 name is not an identifier in C: other characters became '_'")
             : fmt::format("{} names are not identifiers in C: other characters became '_'", names_.changed())});
  }
}

void refuse_unknown_kinds(const Btf& btf) {
  for (const Btf* part = &btf; part != nullptr; part = part->base().get()) {
    if (!part->has_unknown_kinds()) continue;
    TypeId id = part->first_id();
    while (is_known(part->type(id).kind()) && part->type(id).kind() != Kind::unkn) ++id;
    throw Error(
        ErrorCode::unsupported,
        fmt::format("kind {} is unknown, so it cannot be written as C", static_cast<unsigned>(part->type(id).kind())),
        {.type_id = raw(id)});
  }
}

}  // namespace

void dump_c(const Btf& btf, const DumpCOptions& options, Output& out, Diagnostics& diagnostics, unsigned jobs) {
  refuse_unknown_kinds(btf);
  jobs = std::min(jobs, 2U);
  Alignments alignments(btf);
  Planner planner(btf, options, alignments, jobs);
  HeaderWriter header(btf, options, alignments, out, diagnostics);
  header.prologue();
  // One thread plans ahead while another writes.
  const auto next = [&] { return planner.next(); };
  const auto work = [](Planner::Batch&& batch) { return std::move(batch); };
  constexpr std::size_t window = 64;  // batches: planning is faster, and has a long step in its middle
  try {
    run_stream(
        next, jobs, work,
        [&](const Planner::Batch& batch) {
          for (const CStep step : batch.steps) header.step(step);
          if (batch.failure) std::rethrow_exception(batch.failure);
        },
        window);
    if (options.kfuncs == Kfuncs::automatic ? !options.roots : !planner.kfuncs().empty()) {
      header.kfuncs(planner.kfuncs());
    }
  } catch (const Error&) {
    header.flush();
    throw;
  }
  header.epilogue();
  header.flush();
  header.report();
  const Diagnostics planned = planner.diagnostics();
  diagnostics.insert(diagnostics.end(), planned.begin(), planned.end());
}

}  // namespace btfx
