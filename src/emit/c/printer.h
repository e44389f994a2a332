// C definitions and declarations of single types.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "btf/measure.h"
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
        scopes_(btf) {}

  /// `struct NAME;` and an empty line.
  void forward(TypeId id);
  /// The definition of a composite, enum or typedef, and an empty line.
  void definition(TypeId id);
  /// The declaration of something of that type and name, without a semicolon: `int (*name)(void)`.
  void declaration(TypeId type, NameText name) { declaration(type, name, 0); }

 private:
  void put_name(NameText name) { out_.put_name(name); }
  void new_line(unsigned level);
  void tag(TypeId id);
  void composite(TypeId id, unsigned level);
  void composite_body(TypeId id, unsigned level);
  void member_declaration(TypeView owner, const Member& member, unsigned level);
  void underlying_type(TypeView enumeration);
  void qualifier(Kind kind);
  void enumeration(TypeId id, unsigned level);
  void typedef_definition(TypeId id);
  void hole(std::int64_t current, std::int64_t next, std::int64_t next_alignment, bool in_bitfield, unsigned level);

  void declaration(TypeId type, NameText name, unsigned level);
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
  CScopes scopes_;             // of C++
  bool in_anonymous_ = false;  // the members being written belong to the scope around their composite
  std::vector<TypeId> stack_;  // of chain(), each call working above its bottom
  unsigned depth_ = 0;
};

}  // namespace btfx
