#include "btf/bpf_object.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "base/attempt.h"
#include "base/error.h"
#include "btf/load.h"

namespace btfx {

BpfInsn BpfInsn::read(const std::byte* at, ByteOrder order) {
  const auto registers = static_cast<std::uint8_t>(at[1]);
  const auto low = static_cast<std::uint8_t>(registers & 0xf), high = static_cast<std::uint8_t>(registers >> 4);
  const bool little = order == ByteOrder::little;
  return {.code = static_cast<std::uint8_t>(at[0]),
          .dst = little ? low : high,
          .src = little ? high : low,
          .offset = static_cast<std::int16_t>(load<std::uint16_t>(at + 2, order)),
          .imm = static_cast<std::int32_t>(load<std::uint32_t>(at + 4, order))};
}

namespace {

std::pair<std::string_view, std::uint32_t> place_of(const BpfProgram& program) {
  return {program.section, program.first_insn};
}

std::pair<std::string_view, std::uint32_t> place_of(const BpfReference& reference) {
  return {reference.section, reference.insn};
}

/// The machine that an ELF file which is not a BPF object is for.
std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "x86";
    case EM_AARCH64:
      return "arm64";
    case EM_ARM:
      return "arm";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "powerpc64";
    case EM_S390:
      return "s390";
    case EM_MIPS:
      return "MIPS";
    default:
      return fmt::format("machine {}", machine);
  }
}

/// A name of a function or its section. Each function has its own copy, and a file may use one name for very many.
std::string checked_name(std::string_view name) {
  constexpr std::size_t limit = 511;  // what the kernel takes, in BTF and symbols
  if (name.size() <= limit) return std::string(name);
  throw Error(ErrorCode::unsupported,
              fmt::format("a function or its section has a name of {} bytes, the kernel takes {}", name.size(), limit));
}

/// All functions that lie in executable sections, cut at the section's end; by section and place.
std::vector<BpfProgram> read_programs(const ElfFile& elf, std::span<const ElfSymbol> symbols) {
  std::vector<BpfProgram> programs;
  std::vector<std::optional<Bytes>> contents(elf.sections().size());
  for (const ElfSymbol& symbol : symbols) {
    if (symbol.type != STT_FUNC || symbol.section == 0 || symbol.section >= elf.sections().size()) continue;
    const ElfSection& section = elf.sections()[symbol.section];
    if (section.type != SHT_PROGBITS || (section.flags & SHF_EXECINSTR) == 0) continue;
    std::optional<Bytes>& code = contents[symbol.section];
    if (!code) code = elf.contents(section);
    if (symbol.value % BpfInsn::size != 0 || symbol.value >= code->size()) continue;
    const std::uint64_t length = std::min<std::uint64_t>(symbol.size, code->size() - symbol.value);
    const std::uint64_t whole = length / BpfInsn::size * BpfInsn::size;
    programs.push_back({.section = checked_name(section.name),
                        .name = checked_name(symbol.name),
                        .first_insn = static_cast<std::uint32_t>(symbol.value / BpfInsn::size),
                        .code = code->slice(symbol.value, whole),
                        .is_global = symbol.binding != STB_LOCAL && symbol.visibility == STV_DEFAULT});
  }
  std::ranges::stable_sort(programs, {}, [](const BpfProgram& program) { return place_of(program); });
  return programs;
}

/// Marks the functions that tags of programs name as their exception callbacks.
void mark_exception_callbacks(const Btf& btf, std::span<BpfProgram> programs) {
  constexpr std::string_view tag = "exception_callback:";
  std::unordered_set<std::string_view> named;
  for (TypeId id = btf.first_id(); id < btf.end_id(); ++id) {
    const TypeView type = btf.type(id);
    if (type.kind() != Kind::decl_tag || !type.name().starts_with(tag)) continue;
    named.insert(type.name().substr(tag.size()));
  }
  for (BpfProgram& program : programs) program.is_exception_callback = named.contains(program.name);
}

/// Where in a symbol's section an instruction that refers to it goes to. A call counts instructions from behind itself,
/// an address bytes; a symbol of the section itself leaves all of the way to the instruction.
std::int64_t target_of(const ElfSymbol& symbol, const BpfInsn& insn) {
  const auto from = static_cast<std::int64_t>(symbol.value / BpfInsn::size);
  if (insn.class_() == BpfInsn::jmp) return from + insn.imm + 1;
  return from + insn.imm / std::int64_t{BpfInsn::size};
}

/// All that relocations of executable sections make instructions refer to.
std::vector<BpfReference> read_references(const ElfFile& elf, std::span<const ElfSymbol> symbols,
                                          std::span<const BpfProgram> programs) {
  std::vector<BpfReference> references;
  for (const ElfSection& table : elf.sections()) {
    if (table.type != SHT_REL || !elf.is_64() || table.info >= elf.sections().size()) continue;
    const ElfSection& section = elf.sections()[table.info];
    if (section.type != SHT_PROGBITS || (section.flags & SHF_EXECINSTR) == 0) continue;
    const Bytes records = elf.contents(table), code = elf.contents(section);
    for (std::size_t at = 0; records.size() - at >= sizeof(Elf64_Rel); at += sizeof(Elf64_Rel)) {
      const std::uint64_t offset = load<std::uint64_t>(records.data() + at, elf.byte_order());
      const std::uint64_t symbol_number =
          ELF64_R_SYM(load<std::uint64_t>(records.data() + at + offsetof(Elf64_Rel, r_info), elf.byte_order()));
      if (offset % BpfInsn::size != 0 || offset >= code.size() || code.size() - offset < BpfInsn::size) continue;
      BpfReference& reference = references.emplace_back();
      reference.section = checked_name(section.name);
      reference.insn = static_cast<std::uint32_t>(offset / BpfInsn::size);
      if (symbol_number == 0 || symbol_number > symbols.size()) continue;
      const ElfSymbol& symbol = symbols[symbol_number - 1];  // the null symbol is left out
      if (symbol.section == 0 || symbol.section >= elf.sections().size()) continue;
      reference.is_changed = (elf.sections()[symbol.section].flags & (SHF_WRITE | SHF_EXECINSTR)) == SHF_WRITE;
      const std::int64_t target = target_of(symbol, BpfInsn::read(code.data() + offset, elf.byte_order()));
      if (target < 0 || target > UINT32_MAX) continue;
      reference.function =
          find_program(programs, elf.sections()[symbol.section].name, static_cast<std::uint32_t>(target));
    }
  }
  std::ranges::stable_sort(references, {}, [](const BpfReference& reference) { return place_of(reference); });
  return references;
}

}  // namespace

std::optional<std::size_t> find_program(std::span<const BpfProgram> programs, std::string_view section,
                                        std::uint32_t insn) {
  const auto after = std::ranges::upper_bound(programs, std::pair(section, insn), {},
                                              [](const BpfProgram& program) { return place_of(program); });
  if (after == programs.begin()) return std::nullopt;
  const auto found = std::prev(after);
  if (found->section != section || !found->covers(insn)) return std::nullopt;
  return static_cast<std::size_t>(found - programs.begin());
}

const BpfReference* find_reference(std::span<const BpfReference> references, std::string_view section,
                                   std::uint32_t insn) {
  const auto found = std::ranges::lower_bound(references, std::pair(section, insn), {},
                                              [](const BpfReference& reference) { return place_of(reference); });
  return found != references.end() && place_of(*found) == std::pair(section, insn) ? &*found : nullptr;
}

BpfObject read_bpf_object(const Image& image) {
  if (!image.elf)
    throw Error(ErrorCode::unsupported, "is not a BPF object: it is not an ELF file", {.file = image.name});
  const std::uint16_t machine = image.elf->machine();
  if (machine != EM_BPF && machine != EM_NONE) {
    throw Error(ErrorCode::unsupported,
                fmt::format("is not a BPF object: it is an ELF file for {}", machine_name(machine)),
                {.file = image.name});
  }
  BpfObject object{.name = image.name,
                   .btf = load_btf(image),
                   .order = image.elf->byte_order(),
                   .ext = {},
                   .programs = {},
                   .references = {}};
  in_place(image.name, {}, [&] {
    const std::vector<ElfSymbol> symbols = image.elf->symbols();
    object.programs = read_programs(*image.elf, symbols);
    object.references = read_references(*image.elf, symbols, object.programs);
  });
  mark_exception_callbacks(*object.btf, object.programs);
  if (!has_section(image, BtfExt::section_name)) return object;
  const Bytes section = btf_section(image, BtfExt::section_name);
  object.ext = in_place(image.name, BtfExt::section_name, [&] { return BtfExt::parse(section.view(), *object.btf); });
  return object;
}

}  // namespace btfx
