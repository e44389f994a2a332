// The codes of everything that btfx finds: one table, of which diagnostics, JSON and the manual pages are made.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace btfx {

/// How much a finding matters.
enum class Severity : std::uint8_t { note, warning, error };
/// As it stands in messages and in JSON: `note`, `warning`, `error`.
std::string_view severity_word(Severity severity);

/// A set of severities.
class Severities {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): one severity is a set of one
  constexpr Severities(Severity severity) : bits_(1U << static_cast<unsigned>(severity)) {}
  [[nodiscard]] constexpr bool contains(Severity severity) const {
    return (bits_ >> static_cast<unsigned>(severity) & 1U) != 0;
  }
  /// The one that is in the set; nothing when there are several.
  [[nodiscard]] constexpr std::optional<Severity> only() const {
    std::optional<Severity> only;
    for (const Severity severity : {Severity::note, Severity::warning, Severity::error}) {
      if (!contains(severity)) continue;
      if (only) return std::nullopt;
      only = severity;
    }
    return only;
  }
  friend constexpr Severities operator|(Severities a, Severities b) {
    a.bits_ |= b.bits_;
    return a;
  }

 private:
  unsigned bits_;
};

/// What is known of a code before anything is found.
struct FindingDefinition {
  std::string_view code;      ///< stable: scripts compare it
  Severities severities;      ///< that a finding of this code may have
  std::string_view commands;  ///< that print it, separated by blanks; `*` for all of them
  std::string_view sentence;  ///< for the manual pages, in their markup (cmd/cli/command.h), no full stop
};

/// The findings of the kernel's rules have the code `kernel-` and the name of the rule (btf/kernel_rules/validate.h).
inline constexpr std::string_view kernel_rule_family = "kernel-RULE";

/// Every code, in the order of the alphabet. The codes of errors (base/error.h) are among them: an item that failed is
/// a finding in JSON, too.
inline constexpr std::array finding_definitions = [] {
  constexpr Severities note = Severity::note, warning = Severity::warning, error = Severity::error;
  return std::to_array<FindingDefinition>({
      {"ambiguous", error | warning, "check distill relocate",
       "the base has several types of that name, kind and size"},
      {"ambiguous-ptr", error | warning, "check distill relocate",
       "the module has only pointers to the type, and the kernel cannot choose between several types of that name"},
      {"beyond-reference", note, "core", "libbpf would come to another answer"},
      {"bitfield-place", warning, "core",
       "the program reads a bitfield without the builtins for that, and at another place than the field has on the "
       "kernel"},
      {"bloat", warning, "check", "with `--bloat`: the module repeats types that it or its base has already"},
      {"bpf-object", note, "check", "what is judged is a BPF object, as a loader completes it"},
      {"byte-order", error | warning, "check core distill relocate",
       "the module, or the object, and the base have different byte orders, and no kernel takes both"},
      {"byvalue-size", error | warning, "check distill relocate",
       "the size of a type differs that a variable, a parameter, a return value or an array holds by value; the kernel "
       "does not notice. Also for integers and other kinds whose size differs"},
      {"c-declaration", warning, "dump", "a type refers to one that cannot be part of a declaration in C"},
      {"c-function", warning, "dump",
       "a function is not declared in a C header: another has its name, or C cannot use the name"},
      {"c-kfuncs", warning, "dump", "all functions for BPF programs are asked for, but none is tagged as one"},
      {"c-layout", warning, "dump", "compilers lay out a type of a C header otherwise than the kernel has it"},
      {"c-loop", warning, "dump", "an anonymous struct or union holds what refers to it, which C cannot declare"},
      {"c-ms-extensions", warning, "dump",
       "types of a C header get their layout with `-fms-extensions` only, or when written with `--no-ms-extensions`"},
      {"c-nameless", warning, "dump", "a forward declaration has no name, and gets one in a C header"},
      {"c-names", warning, "dump", "names that are not identifiers in C were changed"},
      {"callbacks", error, "core",
       "a variable of the object that holds callbacks (struct_ops) does not fit the kernel's struct"},
      {"compressed", error | warning, "check relocate",
       "a section is stored compressed, and kernels take what is stored for the BTF itself"},
      {"damaged", warning, "check",
       "one name or reference does not fit the base, and the kernel refuses the BTF: more likely it is damaged than "
       "built for another base"},
      {"dedup-budget", warning | note, "dedup distill dump merge",
       "too many types look alike, and de-duplication was given up before its end: the result is right, but larger"},
      {"distilled-already", note, "distill", "the module was distilled before, and is left as it is"},
      {"divergence", note, "check", "with `--from`: the type from which on the base differs from the origin"},
      {"empty-base", error | warning, "check dedup distill relocate resolve-ids",
       "the distilled base holds no type, because none is needed; kernels misread such a `.BTF.base`"},
      {"enum-cut", warning, "core",
       "an enum has 8 bytes, but kernels before 6.0 keep only 4 of each enumerator in their BTF"},
      {"enum-only-size", note, "check relocate", "an enum was matched by name and size; its values are not compared"},
      {"foreign", error, "check",
       "names or references do not fit the base: the module was built for another one, or its `.BTF` does not belong "
       "to its `.BTF.base`"},
      {"foreign-fwd", note, "relocate", "the module declares a type that neither it nor the base defines"},
      {"forward-ambiguous", warning | note, "dump merge",
       "a forward declaration has several different definitions, and is left as it is"},
      {"forward-base", note, "dump merge",
       "forward declarations of the base have a definition in what was merged, which the base's own types do not use"},
      {"forward-declaration-word", warning | note, "dedup distill dump merge",
       "a forward declaration holds a number where nothing belongs; it is read as 0"},
      {"functions", warning, "check",
       "the BTF describes functions that the module's symbols do not know, so that its names are wrong on this base"},
      {"fwd-and-struct", error | warning, "check distill relocate",
       "the kernel cannot choose between a declaration and its definition, or takes the declaration"},
      {"fwd-rule", error | warning, "check distill relocate",
       "the kernel does not let a definition stand for a declaration, because of its bitfields or because it has none"},
      {"helper", warning | note, "core",
       "a program calls a helper that the kernel does not have: a note if libbpf loads the program only on request"},
      {"id-lost", error | warning, "check dedup distill relocate",
       "a word of `.BTF_ids` has no new number. A warning where it becomes 0, because nothing else needs its type; an "
       "error where it never was the id of a type, or no symbols tell which words are ids"},
      {"ids-ambiguous", warning, "resolve-ids",
       "several types have the kind and name that a symbol asks for; the one with the lowest id is taken"},
      {"ids-count", error, "check", "a set in `.BTF_ids` has another count than its symbols give it room for"},
      {"ids-malformed", error, "check", "`.BTF_ids` or its symbols cannot be read"},
      {"ids-not-mapped", warning, "check dedup distill relocate resolve-ids",
       "when kernels load a module with a distilled base they relocate the ids of registered kfunc sets, but not "
       "these"},
      {"ids-outside", error, "check", "a word of `.BTF_ids` is larger than the last type id"},
      {"ids-resolved-before", warning, "resolve-ids",
       "with `--force`: the ids of a set were resolved and sorted before, and its flags end up beside other functions"},
      {"ids-stale", error, "check", "an id in `.BTF_ids` is not that of the type that its symbol names"},
      {"ids-unjudged", warning, "check resolve-ids",
       "no symbols tell which words of `.BTF_ids` are ids: they are not judged, and stay as they are"},
      {"ids-unresolved", warning, "check resolve-ids",
       "an id in `.BTF_ids` is 0, or no type has the kind and name that its symbol asks for"},
      {"ids-unsorted", error, "check", "the ids of a set are not in order, so that the kernel does not find them"},
      {"immediate-cut", warning, "core", "a value does not fit into the 32 bits of its instruction"},
      {"implicit-args", warning | note, "resolve-ids",
       "functions with implicit arguments were split, or (a warning) were not because `.BTF` stays as it is"},
      {"incoherent", error, "check",
       "kernels do not look at it, but the sections of a distilled module do not hold together"},
      {"int-encoding", error | warning, "check distill relocate", "an integer changed its sign or another encoding"},
      {"io", error, "*", "the operating system refused to open, read or write a file"},
      {kernel_rule_family, error | warning | note, "check relocate",
       "the kernel refuses the BTF by the rule of that name, and the text is what it logs. A note: whether it does is "
       "not decided by the BTF alone"},
      {"kfunc-kind", error, "check", "an id in a set of kfuncs is not that of a function with a prototype"},
      {"kfunc-unlisted", warning, "check",
       "a function of the module has the declaration tag `bpf_kfunc`, but no set of kfuncs has it"},
      {"kfunc-untagged", warning, "check", "a kfunc has no declaration tag `bpf_kfunc`, although the base's have"},
      {"kind-clash", error | warning, "check distill relocate",
       "types of several kinds have the name, and the kernel cannot choose between them"},
      {"loads-without", note, "check",
       "the kernel refuses the BTF, and loads the module without it: it is built with MODULE_ALLOW_BTF_MISMATCH"},
      {"malformed", error, "*", "an input breaks a rule of its format"},
      {"map-size", warning, "core",
       "a map of the object has no size or number of entries: what loads the object must set them, or the kernel "
       "refuses the map"},
      {"map-type", error, "core", "a map of the object has no type, or one that the kernel does not have"},
      {"member-size", error | warning, "check distill relocate",
       "the size of a struct or union differs that another one holds by value"},
      {"merged", warning, "check distill relocate", "two distilled types become one"},
      {"missing", error | warning, "check distill relocate", "the base has no type of that name and kind"},
      {"module-size", error, "check", "`struct module` has another size in the module than in the kernel"},
      {"module-type-id", warning, "core", "an instruction gets the id of a module's type, and cannot tell the module"},
      {"no-base", error, "*", "split BTF needs a base that is not known"},
      {"no-btf", error, "*", "an input can be read, but has no BTF"},
      {"no-program", note, "core", "a relocation lies outside of all functions, and is left out"},
      {"not-distilled", error, "check relocate",
       "`.BTF.base` holds types that have no place in a distilled base, and kernels refuse it"},
      {"not-followed", note, "core", "the object has too much code to tell whether an access is guarded"},
      {"not-mapped", error, "check", "the module does not relocate onto the base; the text is what the kernel logs"},
      {"origin", note, "check",
       "with `--from`: whether the module fits the origin, and whether it would relocate from there"},
      {"pointer-size", note, "check relocate",
       "the size of a struct or union differs, but the module has only pointers to it"},
      {"program-type", error | note, "core",
       "a program is of a type that the kernel does not have, or is attached in a way that it does not have: a note if "
       "libbpf loads the program only on request"},
      {"refused", error, "*", "the operation would do harm, and was not asked for explicitly"},
      {"release", warning, "check", "the module's vermagic names another release than that of the base"},
      {"self-relocation", error, "dedup distill resolve-ids",
       "the base has types that the kernel cannot tell apart, so that the result would not load even there"},
      {"standalone", error, "check", "the module was built without a vmlinux, and its BTF continues no base"},
      {"string-gap", error, "check distill relocate",
       "the module uses a string of its distilled base that is not the name of a type there, and so cannot be mapped"},
      {"too-old", error | warning, "check relocate",
       "the kernel does not read `.BTF.base`, and takes `.BTF` for split BTF on its own"},
      {"truncated", error, "*", "an input ends too early"},
      {"unreadable", error, "check", "the kernel's rules accept the BTF, but it cannot be read"},
      {"unsupported", error, "*", "an input is of a kind or size that btfx does not handle"},
      {"usage", error, "*", "the command line makes no sense"},
      {"wrong-kind", error | warning, "check distill relocate", "the kernel maps the type to one of another kind"},
  });
}();
static_assert(std::ranges::adjacent_find(finding_definitions, std::ranges::greater_equal{}, &FindingDefinition::code) ==
                  finding_definitions.end(),
              "codes in the order of the alphabet, each once");

/// What the table has for a code; null when it has nothing. `kernel-` and anything is one of the family.
constexpr const FindingDefinition* find_definition(std::string_view code) {
  const auto found = std::ranges::lower_bound(finding_definitions, code, {}, &FindingDefinition::code);
  if (found != finding_definitions.end() && found->code == code) return &*found;
  constexpr std::string_view family = kernel_rule_family.substr(0, kernel_rule_family.find('-') + 1);
  return code.starts_with(family) && code != kernel_rule_family ? find_definition(kernel_rule_family) : nullptr;
}

/// Named by the compiler when a code is not in `finding_definitions`; defined nowhere.
void code_is_not_in_finding_definitions();
/// Named by the compiler when the table leaves the severity of a code to the caller; defined nowhere.
void code_has_several_severities();

/// A code of `finding_definitions`. A literal that is not in the table does not compile.
class FindingCode {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a code is written where it is used
  consteval FindingCode(const char* code) : code_(code) {
    if (find_definition(code_) == nullptr) code_is_not_in_finding_definitions();
  }
  /// `code` is `kernel-` and the name of a rule, and lives as long as the program.
  static constexpr FindingCode of_kernel_rule(std::string_view code) { return FindingCode(code); }

  [[nodiscard]] constexpr std::string_view word() const { return code_; }
  /// The severities that the table allows.
  [[nodiscard]] constexpr Severities severities() const { return find_definition(code_)->severities; }

 private:
  explicit constexpr FindingCode(std::string_view code) : code_(code) {}
  std::string_view code_;
};

/// A code whose severity is in the table. A literal of another code does not compile.
class JudgedCode {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a code is written where it is used
  consteval JudgedCode(const char* code) : code_(code) {
    if (!code_.severities().only()) code_has_several_severities();
    severity_ = *code_.severities().only();
  }
  [[nodiscard]] constexpr FindingCode code() const { return code_; }
  [[nodiscard]] constexpr Severity severity() const { return severity_; }

 private:
  FindingCode code_;
  Severity severity_ = Severity::note;
};

}  // namespace btfx
