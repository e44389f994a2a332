#include "emit/c/step_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

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

CNames make_names(const Btf& btf, const DumpCOptions& options, const SharedNames* shared) {
  const CNameRules rules = name_rules(options);
  return shared != nullptr ? CNames(btf, rules, *shared) : CNames(btf, rules, options.roots.has_value());
}

}  // namespace

StepWriter::StepWriter(const Btf& btf, const DumpCOptions& options, Alignments& alignments, TextCursor& out,
                       Diagnostics& diagnostics, const SharedNames* shared)
    : btf_(btf),
      diagnostics_(diagnostics),
      out_(out),
      budget_(btf),
      names_(make_names(btf, options, shared)),
      printer_(btf,
               {.cplusplus = options.cplusplus,
                .ms_extensions = options.ms_extensions && !options.cplusplus,
                .packed_unions = options.packed_unions || options.cplusplus},
               alignments, names_, out_, budget_, diagnostics),
      all_work_(budget_),
      all_padding_lines_(printer_.padding_lines()) {}

StepWriter::Cost StepWriter::take_cost() {
  const Cost cost{all_work_.left() - budget_.left(), all_padding_lines_ - printer_.padding_lines()};
  budget_ = all_work_;
  printer_.set_padding_lines(all_padding_lines_);
  return cost;
}

bool StepWriter::pay(CStep step, Cost cost) {
  if (cost.padding_lines > printer_.padding_lines() || !budget_.spend_if_enough(cost.work)) return false;
  printer_.set_padding_lines(printer_.padding_lines() - cost.padding_lines);
  if (defines(step)) printer_.note_definition(step.id);
  return true;
}

void StepWriter::forget() {
  names_.forget_order();
  printer_.forget();
  diagnostics_.clear();
}

void StepWriter::step(CStep step) {
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
      if (defines(step)) printer_.definition(step.id, step.may_recur);
      break;
    case CStep::Form::number:
      missing_type(step.id);
      break;
  }
}

/// Whether a definition is written.
bool StepWriter::defines(CStep step) const {
  return step.form == CStep::Form::definition && (btf_.kind(step.id) != Kind::typedef_ || !names_.is_builtin(step.id));
}

void StepWriter::missing_type(TypeId id) {
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

void StepWriter::kfunc(const Kfunc& kfunc) {
  if (const std::string_view fault = names_.function_fault(kfunc.name); !fault.empty()) {
    diagnostics_.push_back({"c-function", fmt::format("function '{}' is not declared: {}", kfunc.name, fault)});
    return;
  }
  out_.begin_line();
  out_.put<"extern ">();
  if (kfunc.is_fast) out_.put<"__bpf_fastcall ">();
  printer_.declaration(kfunc.prototype, {kfunc.name, 0});
  out_.put<" __weak __ksym;\n">();
}

}  // namespace btfx
