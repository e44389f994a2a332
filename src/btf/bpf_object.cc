#include "btf/bpf_object.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/attempt.h"
#include "base/error.h"
#include "btf/load.h"
#include "btf/measure.h"

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

/// Whether a symbol is one that the loader looks for. Source: libbpf's sym_is_extern().
bool is_extern(const ElfSymbol& symbol) {
  return symbol.section == SHN_UNDEF && symbol.binding != STB_LOCAL && symbol.type == STT_NOTYPE &&
         !symbol.name.empty();
}

/// What the object's symbols leave open. `numbers` gets the index for each symbol that is such a one.
std::vector<BpfExtern> read_externs(const Btf& btf, std::span<const ElfSymbol> symbols,
                                    std::unordered_map<std::size_t, std::size_t>& numbers) {
  std::vector<BpfExtern> externs;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    if (!is_extern(symbols[i])) continue;
    numbers.emplace(i, externs.size());
    externs.push_back({.name = checked_name(symbols[i].name), .is_weak = symbols[i].binding == STB_WEAK});
  }
  if (externs.empty()) return externs;
  constexpr std::uint32_t extern_linkage = 2;
  std::unordered_map<std::string_view, TypeId> declared;  // the first of each name
  std::unordered_map<std::uint32_t, std::string_view> sections;
  for (TypeId id = btf.first_id(); id < btf.end_id(); ++id) {
    const TypeView type = btf.type(id);
    if (type.kind() == Kind::var || type.kind() == Kind::func) declared.emplace(type.name(), id);
    if (type.kind() != Kind::datasec) continue;
    for (std::uint32_t i = 0; i < type.vlen(); ++i) sections.emplace(raw(type.entry(i).type), type.name());
  }
  for (BpfExtern& external : externs) {
    const auto found = declared.find(external.name);
    if (found == declared.end() || btf.type(found->second).linkage() != extern_linkage) continue;
    external.id = found->second;
    if (const auto section = sections.find(raw(external.id)); section != sections.end()) {
      external.section = checked_name(section->second);
    }
  }
  return externs;
}

/// The variables of the sections that hold callbacks. Source: libbpf's init_struct_ops_maps().
std::vector<BpfCallbacks> read_callbacks(const ElfFile& elf, const Btf& btf, std::span<const ElfSymbol> symbols,
                                         std::span<const BpfProgram> programs) {
  std::vector<BpfCallbacks> callbacks;
  for (TypeId id = btf.first_id(); id < btf.end_id(); ++id) {
    const TypeView data = btf.type(id);
    if (data.kind() != Kind::datasec) continue;
    std::string_view name = data.name();
    if (name.starts_with('?')) name.remove_prefix(1);
    if (name != ".struct_ops" && name != ".struct_ops.link") continue;
    const ElfSection* section = elf.find(data.name());
    if (section == nullptr || section->type != SHT_PROGBITS) continue;
    const Bytes content = elf.contents(*section);
    const std::size_t first = callbacks.size();
    std::vector<std::uint64_t> places;
    for (std::uint32_t i = 0; i < data.vlen(); ++i) {
      const SectionEntry entry = data.entry(i);
      const TypeView variable = btf.type(entry.type);
      if (variable.kind() != Kind::var) continue;
      const TypeId type = strip_names(btf, variable.target());
      // The offsets in the BTF are 0 in what compilers write; the symbol has the right one.
      const auto symbol = std::ranges::find_if(symbols, [&](const ElfSymbol& candidate) {
        return candidate.section == section->index && candidate.name == variable.name();
      });
      const std::uint64_t place = symbol == symbols.end() ? entry.offset : symbol->value;
      if (btf.type(type).kind() != Kind::struct_ || place > content.size() ||
          content.size() - place < btf.type(type).size()) {
        continue;
      }
      places.push_back(place);
      callbacks.push_back({.name = checked_name(variable.name()),
                           .type = type,
                           .is_optional = data.name().starts_with('?'),
                           .content = content.slice(place, btf.type(type).size())});
    }
    for (const ElfSection& table : elf.sections()) {
      if (table.type != SHT_REL || !elf.is_64() || table.info != section->index) continue;
      const Bytes records = elf.contents(table);
      for (std::size_t at = 0; records.size() - at >= sizeof(Elf64_Rel); at += sizeof(Elf64_Rel)) {
        const std::uint64_t offset = load<std::uint64_t>(records.data() + at, elf.byte_order());
        const std::uint64_t number =
            ELF64_R_SYM(load<std::uint64_t>(records.data() + at + offsetof(Elf64_Rel, r_info), elf.byte_order()));
        if (number == 0 || number > symbols.size()) continue;
        const ElfSymbol& symbol = symbols[number - 1];
        if (symbol.section == 0 || symbol.section >= elf.sections().size() || offset > content.size()) continue;
        std::uint64_t value = symbol.value;
        // A symbol of the section leaves the place to what is stored.
        if (symbol.type == STT_SECTION && content.size() - offset >= sizeof(std::uint64_t)) {
          value += load<std::uint64_t>(content.data() + offset, elf.byte_order());
        }
        if (value / BpfInsn::size > UINT32_MAX) continue;
        const std::optional<std::size_t> program = find_program(programs, elf.sections()[symbol.section].name,
                                                                static_cast<std::uint32_t>(value / BpfInsn::size));
        for (std::size_t i = first; program && i < callbacks.size(); ++i) {
          const std::uint64_t place = places[i - first];
          if (offset < place || offset - place >= callbacks[i].content.size()) continue;
          callbacks[i].slots.push_back({static_cast<std::uint32_t>(offset - place), *program});
        }
      }
    }
  }
  return callbacks;
}

/// All that relocations of executable sections make instructions refer to.
std::vector<BpfReference> read_references(const ElfFile& elf, std::span<const ElfSymbol> symbols,
                                          std::span<const BpfProgram> programs,
                                          const std::unordered_map<std::size_t, std::size_t>& externs) {
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
      if (const auto found = externs.find(symbol_number - 1); found != externs.end()) {
        reference.external = found->second;
      }
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
    std::unordered_map<std::size_t, std::size_t> externs;  // of symbols
    object.externs = read_externs(*object.btf, symbols, externs);
    object.references = read_references(*image.elf, symbols, object.programs, externs);
    object.callbacks = read_callbacks(*image.elf, *object.btf, symbols, object.programs);
  });
  mark_exception_callbacks(*object.btf, object.programs);
  if (!has_section(image, BtfExt::section_name)) return object;
  const Bytes section = btf_section(image, BtfExt::section_name);
  object.ext = in_place(image.name, BtfExt::section_name, [&] { return BtfExt::parse(section.view(), *object.btf); });
  return object;
}

}  // namespace btfx
