#include "inputs/exports.h"

#include "catch.h"
#include "support/diff_text.h"
#include "support/elf_maker.h"

namespace btfx {

using namespace test;

namespace {

/// A module that needs a function that vmlinux had, and one that vmlinux never had.
ModuleVerdict verdict_on(std::string lost, std::string unknown) {
  ModuleVerdict verdict{.module = "mod"};
  verdict.effects.push_back(
      {TypeId{1}, Dependence::called, Impact::signature, true, std::string(lost_symbol_reason), std::move(lost)});
  verdict.unknown_imports.push_back(std::move(unknown));
  verdict.needs_rebuild = true;
  return verdict;
}

}  // namespace

TEST_CASE("What a module exports is told by the names of its symbol table") {
  for (const bool is_64 : {false, true}) {
    for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
      ElfMaker maker(is_64, order);
      const std::uint32_t section = maker.add("__ksymtab", "12345678");
      maker.add_symbols({{.name = "__ksymtab_nf_register", .section = section},
                         {.name = "nf_register", .section = section},
                         {.name = "__ksymtab_elsewhere", .section = 0},
                         {.name = "__ksymtab_nf_log", .section = section},
                         {.name = "__kstrtab_nf_log", .section = section}});
      const ElfFile elf = ElfFile::parse(maker.bytes());
      CHECK(exported_names(elf.symbols()) == Lines{"nf_register", "nf_log"});
    }
  }
}

TEST_CASE("A symbol that vmlinux lost is there when a module of the new kernel exports it") {
  ModuleExports exports;
  exports.add_before("old_core", {"was_here"});
  exports.add_after({"moved"});
  ModuleVerdict moved = verdict_on("moved", "never_known");
  exports.settle(moved);
  CHECK_FALSE(moved.needs_rebuild);
  CHECK_FALSE(moved.effects[0].refused);
  CHECK(moved.effects[0].reason.empty());
  CHECK(moved.others.empty());

  ModuleVerdict gone = verdict_on("gone", "never_known");
  exports.settle(gone);
  CHECK(gone.needs_rebuild);
  CHECK(gone.effects[0].refused);
  CHECK(gone.effects[0].reason == "symbol-missing");
}

TEST_CASE("A symbol that a module exported, and none does any more, is a reason to rebuild") {
  ModuleExports exports;
  exports.add_before("old_core", {"was_here", "still_here"});
  exports.add_after({"moved", "still_here"});
  ModuleVerdict lost = verdict_on("moved", "was_here");
  exports.settle(lost);
  CHECK(lost.needs_rebuild);
  CHECK(lost.others == Lines{"was_here, which old_core exported: symbol-missing"});

  ModuleVerdict kept = verdict_on("moved", "still_here");
  exports.settle(kept);
  CHECK_FALSE(kept.needs_rebuild);
  CHECK(kept.others.empty());
}

TEST_CASE("What the kernel said when the module did not relocate stays a reason") {
  ModuleExports exports;
  exports.add_after({"moved"});
  ModuleVerdict verdict = verdict_on("moved", "never_known");
  verdict.message = "distilled base BTF type 'foo' [1] is not mapped to base BTF id";
  exports.settle(verdict);
  CHECK(verdict.needs_rebuild);
}

}  // namespace btfx
