// C definitions and declarations of single types.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "btf/measure.h"
#include "emit/c/compiler_layout.h"
#include "emit/c/declaration_cache.h"
#include "emit/c/names.h"
#include "emit/c/scopes.h"
#include "emit/dump/text_buffer.h"
#include "emit/dump/work_budget.h"

namespace btfx {

/// What kind of compiler the text is for.
struct CDialect {
  bool cplusplus = false;
  bool ms_extensions = true;   ///< `struct foo;` as a member means the members of foo (gcc, clang: -fms-extensions)
  bool packed_unions = false;  ///< unions are packed where their layout needs it, which libbpf forgets
};

/// The integer type of an enum; empty where C has none of its size.
[[nodiscard]] std::string_view integer_of(TypeView enumeration);

/// Writes types as C, without asking whether what they need has been written before. All references outlive it.
class CPrinter {
 public:
  CPrinter(const Btf& btf, CDialect dialect, Alignments& alignments, CNames& names, TextCursor& out, WorkBudget& budget,
           Diagnostics& diagnostics)
      : btf_(btf),
        dialect_(dialect),
        names_(names),
        out_(out),
        budget_(budget),
        diagnostics_(diagnostics),
        alignments_(alignments),
        padding_lines_(std::int64_t{1} << 16),
        scopes_(btf) {
    for (const Btf* part = &btf; part != nullptr; part = part->base().get()) {
      padding_lines_ += static_cast<std::int64_t>(part->own_words().size());
    }
  }

  /// `struct NAME;` and an empty line.
  void forward(TypeId id);
  /// The definition of a composite, enum or typedef, and an empty line. See CNames about enums that `may_recur`.
  void definition(TypeId id, bool may_recur = false);
  /// The declaration of something of that type and name, without a semicolon: `int (*name)(void)`.
  void declaration(TypeId type, NameText name) { declaration(type, name, 0); }
  /// The definitions written so far that need -fms-extensions, by id.
  [[nodiscard]] const std::set<TypeId>& extended() const { return extended_; }
  /// The types written so far that compilers do not lay out as they are; each of the first 20 has got a warning.
  [[nodiscard]] const std::set<TypeId>& misfits() const { return misfits_; }

  /// Whether what was written so far leaves a trace in what is written or reported later.
  [[nodiscard]] bool has_noted() const {
    return !misfits_.empty() || !extended_.empty() || !measures_.empty() || long_holes_ != 0;
  }
  /// Forgets that.
  void forget();
  /// Takes note of a definition that somebody else has written.
  void note_definition(TypeId id) { defined_ = id; }
  /// Where to note the composites and enums that composites hold by value; null: nowhere.
  void note_values(std::vector<TypeId>* values) { values_ = values; }
  /// Whether compilers make one of the types another size or alignment than the BTF, as far as they have been written.
  [[nodiscard]] bool is_any_measured(std::span<const TypeId> types) const {
    return !measures_.empty() && std::ranges::any_of(types, [this](TypeId id) { return is_measured_[raw(id)]; });
  }
  /// How many more lines of padding there may be. Real headers have a few for each hundred; a few bytes of BTF can ask
  /// for gigabytes.
  [[nodiscard]] std::int64_t padding_lines() const { return padding_lines_; }
  void set_padding_lines(std::int64_t lines) { padding_lines_ = lines; }

 private:
  struct Measure {
    std::int64_t size;   // bytes
    unsigned alignment;  // likewise
  };

  void put_name(NameText name) { out_.put_name(name); }
  void new_line(unsigned level);
  void tag(TypeId id);
  void composite(TypeId id, unsigned level);
  void composite_body(TypeId id, unsigned level);
  void member_declaration(TypeView owner, const Member& member, unsigned level);
  void qualifier(Kind kind);
  void enumeration(TypeId id, unsigned level);
  void typedef_definition(TypeId id);
  void hole(std::int64_t current, std::int64_t next, std::int64_t next_alignment, bool in_bitfield, unsigned level,
            CompilerLayout& compiled);
  [[nodiscard]] Measure compiled_measure(const Elements& elements) const;
  /// Whether the header has no definition of the type, so that C cannot hold its values.
  [[nodiscard]] bool is_only_declared(TypeView type) const {
    const Kind kind = type.kind();
    if (kind == Kind::fwd) return true;
    return is_enum(kind) && type.vlen() == 0 && type.is_named() && !dialect_.cplusplus;
  }
  void measure(TypeId id, Measure measure);
  void compare(TypeId id, const CompilerLayout& compiled, std::optional<std::string> fault);
  void misfit(TypeId id, std::string fault);

  void declaration(TypeId type, NameText name, unsigned level);
  bool put_known(TypeId type, NameText name);
  void remember(TypeId type, unsigned links, const TextCursor::Mark& start);
  void chain(std::size_t bottom, NameText name, unsigned level);
  void qualifiers(std::size_t bottom);
  void drop_modifiers(std::size_t bottom);
  void type_tag(TypeId id);
  void array(TypeId id, std::size_t bottom, NameText name, bool last_was_pointer, unsigned level);
  void prototype(TypeId id, std::size_t bottom, NameText name, bool last_was_pointer, unsigned level);
  void declared_name(NameText name, bool last_was_pointer);
  void unexpected(TypeId id);

  const Btf& btf_;
  CDialect dialect_;
  CNames& names_;
  TextCursor& out_;
  WorkBudget& budget_;
  Diagnostics& diagnostics_;
  Alignments& alignments_;
  TypeId defined_ = void_id;            // what is being written
  std::map<TypeId, Measure> measures_;  // of what has others for compilers than in the BTF
  std::vector<TypeId>* values_ = nullptr;
  std::vector<bool> is_measured_;        // by id; empty when nothing is
  std::set<TypeId> misfits_, extended_;  // what compilers lay out otherwise; definitions that need -fms-extensions
  std::int64_t padding_lines_;           // how many more there may be
  std::uint32_t long_holes_ = 0;         // written as arrays
  CScopes scopes_;                       // of C++
  bool in_anonymous_ = false;            // the members being written belong to the scope around their composite
  std::vector<TypeId> stack_;            // of chain(), each call working above its bottom
  DeclarationCache declarations_;
  TextCursor::Mark name_start_, name_end_;  // where the last declared name stands, with what separates it
  bool is_name_separated_ = false;
  unsigned depth_ = 0;
};

}  // namespace btfx
