#include "emit/c/dump_c.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/batch.h"
#include "btf/spelling.h"
#include "emit/c/draft.h"
#include "emit/c/kfuncs.h"
#include "emit/c/plan.h"
#include "emit/c/shared_names.h"
#include "emit/c/sort.h"
#include "emit/c/step_writer.h"
#include "emit/dump/text_buffer.h"

namespace btfx {

namespace {

/// Plans the header for all roots, some hundred steps at a time.
class Planner {
 public:
  Planner(const Btf& btf, const DumpCOptions& options)
      : btf_(btf), options_(options), sort_(btf), is_sorted_(options.sorted && !options.roots) {}

  // What has to be done before next(), in any order or at the same time.
  void find_roots();
  void look_at_types();

  std::optional<Draft> next();

  [[nodiscard]] const std::vector<Kfunc>& kfuncs() const { return kfuncs_; }
  [[nodiscard]] Diagnostics diagnostics() const {
    Diagnostics all = plan_->diagnostics();
    all.insert(all.end(), diagnostics_.begin(), diagnostics_.end());
    return all;
  }

 private:
  static constexpr std::size_t enough = 500;

  void plan();
  bool at_end();

  const Btf& btf_;
  const DumpCOptions& options_;
  std::optional<CPlan> plan_;  // there once the types have been looked at
  CSort sort_;
  bool is_sorted_;  // and the others are still to come
  std::vector<TypeId> roots_;
  std::vector<Kfunc> kfuncs_;
  Diagnostics diagnostics_;  // of the functions
  std::vector<CStep> planned_;
  std::size_t given_ = 0;       // how many of them have been handed out
  std::exception_ptr failure_;  // why there are no more, until it has been handed out
  bool has_failed_ = false;
  std::vector<TypeId> prototypes_;  // whose functions are declared in the end
  std::size_t position_ = 0;
};

void Planner::find_roots() {
  if (options_.roots) {
    roots_ = *options_.roots;
  } else if (is_sorted_) {
    roots_ = sort_.ranked();
  } else {
    for (TypeId id{1}; id != btf_.end_id(); ++id) roots_.push_back(id);
  }
}

void Planner::look_at_types() {
  plan_.emplace(btf_);
  kfuncs_ = find_kfuncs(btf_, options_, diagnostics_);
  if (options_.roots) {
    for (const Kfunc& kfunc : kfuncs_) prototypes_.push_back(kfunc.prototype);
  } else {
    plan_->look_at_all();
  }
}

/// One root may bring most types of a kernel along, so that what is planned is handed out in pieces.
std::optional<Draft> Planner::next() {
  if (given_ == planned_.size() && !failure_) plan();
  if (given_ == planned_.size() && !failure_) return std::nullopt;
  Draft draft;
  const std::size_t end = std::min(planned_.size(), given_ + enough);
  draft.steps.assign(planned_.begin() + static_cast<std::ptrdiff_t>(given_),
                     planned_.begin() + static_cast<std::ptrdiff_t>(end));
  given_ = end;
  if (given_ == planned_.size()) draft.failure = std::exchange(failure_, nullptr);
  return draft;
}

void Planner::plan() {
  planned_.clear();
  given_ = 0;
  if (has_failed_) return;
  try {
    while (planned_.size() < enough && !at_end()) {
      constexpr std::size_t ahead = 8;  // in their order, roots lie anywhere
      if (position_ + ahead < roots_.size()) __builtin_prefetch(btf_.type(roots_[position_ + ahead]).record());
      plan_->add(roots_[position_++], planned_);
    }
    if (at_end()) {
      for (const TypeId prototype : std::exchange(prototypes_, {})) plan_->add_prototype(prototype, planned_);
    }
  } catch (const Error&) {
    failure_ = std::current_exception();
    has_failed_ = true;
  }
}

bool Planner::at_end() {
  if (position_ == roots_.size() && is_sorted_) {  // what is left is worth sorting only now
    is_sorted_ = false;
    position_ = 0;
    roots_.clear();
    plan_->for_each_that_matters([this](TypeId id) { roots_.push_back(id); });
    roots_ = sort_.others(roots_);
  }
  return position_ == roots_.size();
}

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
        writer_(btf, options, alignments, out_, diagnostics) {}

  void prologue();
  void write(const Draft& draft);
  /// `shared`: what the drafts were written with; null when no text was.
  void kfuncs(const std::vector<Kfunc>& kfuncs, const SharedNames* shared);
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
  bool accept(CStep step, const Draft::Part& part, std::span<const TypeId> values);

  const Btf& btf_;
  const DumpCOptions& options_;
  Diagnostics& diagnostics_;
  TextBuffer buffer_;
  TextCursor out_;
  StepWriter writer_;
  std::vector<TypeId> accepted_;  // typedefs and enums that were written in drafts
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

/// Whether the text of a step can be taken as it is in the draft.
bool HeaderWriter::accept(CStep step, const Draft::Part& part, std::span<const TypeId> values) {
  if (!part.is_written) return false;
  if (writer_.printer().is_any_measured(values) || !writer_.pay(step, part.cost)) return false;
  const bool is_definition = step.form == CStep::Form::definition;
  const Kind kind = btf_.kind(step.id);
  if (is_definition && (kind == Kind::typedef_ || is_enum(kind))) accepted_.push_back(step.id);
  return true;
}

/// Takes over what the draft has, and writes the rest itself.
void HeaderWriter::write(const Draft& draft) {
  if (draft.parts.empty()) {
    for (const CStep step : draft.steps) writer_.step(step);
  }
  const std::string_view text = draft.text;
  const std::span<const TypeId> values = draft.values;
  std::size_t start = 0;  // of the text that has been accepted and not been put yet
  Draft::Part before;
  for (std::size_t i = 0; i < draft.parts.size(); ++i) {
    const Draft::Part& part = draft.parts[i];
    if (!accept(draft.steps[i], part, values.subspan(before.values_end, part.values_end - before.values_end))) {
      out_.put_text(text.substr(start, before.text_end - start));
      start = part.text_end;
      writer_.step(draft.steps[i]);
    }
    before = part;
  }
  out_.put_text(text.substr(start, before.text_end - start));
  if (draft.failure) std::rethrow_exception(draft.failure);
}

void HeaderWriter::kfuncs(const std::vector<Kfunc>& kfuncs, const SharedNames* shared) {
  out_.put_text(
      "\n"
      "/* BPF kfuncs */\n"
      "#ifndef BPF_NO_KFUNC_PROTOTYPES\n");
  if (options_.cplusplus) out_.put_text("extern \"C\" {\n");
  if (shared != nullptr && shared->may_clash(kfuncs)) {
    for (const TypeId id : accepted_) writer_.names().count(id);
  }
  for (const Kfunc& kfunc : kfuncs) writer_.kfunc(kfunc);
  if (options_.cplusplus) out_.put_text("}\n");
  out_.put_text("#endif\n\n");
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
  if (const std::set<TypeId>& types = writer_.printer().extended(); !types.empty()) {
    diagnostics_.push_back(
        {"c-ms-extensions",
         fmt::format("compile with -fms-extensions, or write the header with --no-ms-extensions: without, "
                     "compilers leave out anonymous members with a tag, so that {} {} a wrong layout: {}",
                     types.size(), types.size() == 1 ? "type gets" : "types get", spell_types(btf_, types))});
  }
  constexpr std::size_t named = 20;
  if (const std::size_t count = writer_.printer().misfits().size(); count > named) {
    diagnostics_.push_back(
        {"c-layout", fmt::format("{} more types cannot be laid out in C as they are", count - named)});
  }
  if (writer_.names().changed() != 0) {
    diagnostics_.push_back(
        {"c-names", writer_.names().changed() == 1
                        ? std::string("1 name is not an identifier in C: other characters became '_'")
                        : fmt::format("{} names are not identifiers in C: other characters became '_'",
                                      writer_.names().changed())});
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
  constexpr unsigned most_jobs = 4;  // one alone can plan, and put together what others write
  jobs = options.roots ? 1 : std::min(jobs, most_jobs);
  Alignments alignments(btf);
  Planner planner(btf, options);
  std::optional<HeaderWriter> header;
  std::optional<SharedNames> shared;
  std::optional<DraftWriter> drafts;
  const Preparations preparations{
      .to_draw = {[&] { planner.find_roots(); }, [&] { planner.look_at_types(); }},
      .to_work = {[&] {
                    header.emplace(btf, options, alignments, out, diagnostics);
                    header->prologue();
                    if (jobs == 1 || options.avoid_libc) return;
                    shared.emplace(btf, name_rules(options));
                    if (shared->are_identifiers()) {
                      drafts.emplace(btf, options, alignments, *shared);
                    } else {
                      shared.reset();
                    }
                  },
                  [&] {
                    if (!options.roots) alignments.look_at_all();
                  }},
  };
  const auto next = [&] { return planner.next(); };
  const auto work = [&](Draft&& draft) {
    if (drafts) drafts->write(draft);
    return std::move(draft);
  };
  constexpr std::size_t window = 64;  // drafts: planning is faster, and has a long step in its middle
  try {
    run_stream(
        next, jobs, work, [&](const Draft& draft) { header->write(draft); }, window, preparations);
    if (options.kfuncs == Kfuncs::automatic ? !options.roots : !planner.kfuncs().empty()) {
      header->kfuncs(planner.kfuncs(), shared ? &*shared : nullptr);
    }
  } catch (const Error&) {
    if (header) header->flush();
    throw;
  }
  header->epilogue();
  header->flush();
  header->report();
  const Diagnostics planned = planner.diagnostics();
  diagnostics.insert(diagnostics.end(), planned.begin(), planned.end());
}

}  // namespace btfx
