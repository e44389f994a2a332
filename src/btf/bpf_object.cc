#include "btf/bpf_object.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

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

/// A name of a function or its section. Each function has its own copy, and a file may use one name for very many.
std::string checked_name(std::string_view name) {
  constexpr std::size_t limit = 511;  // what the kernel takes, in BTF and symbols
  if (name.size() <= limit) return std::string(name);
  throw Error(ErrorCode::unsupported,
              fmt::format("a function or its section has a name of {} bytes, the kernel takes {}", name.size(), limit));
}

/// All functions that lie in executable sections, cut at the section's end; by section and place.
std::vector<BpfProgram> read_programs(const ElfFile& elf) {
  std::vector<BpfProgram> programs;
  std::vector<std::optional<Bytes>> contents(elf.sections().size());
  for (const ElfSymbol& symbol : elf.symbols()) {
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
                        .code = code->slice(symbol.value, whole)});
  }
  std::ranges::stable_sort(programs, {}, place_of);
  return programs;
}

}  // namespace

std::optional<std::size_t> find_program(std::span<const BpfProgram> programs, std::string_view section,
                                        std::uint32_t insn) {
  const auto after = std::ranges::upper_bound(programs, std::pair(section, insn), {}, place_of);
  if (after == programs.begin()) return std::nullopt;
  const auto found = std::prev(after);
  if (found->section != section || !found->covers(insn)) return std::nullopt;
  return static_cast<std::size_t>(found - programs.begin());
}

BpfObject read_bpf_object(const Image& image) {
  if (!image.elf) throw Error(ErrorCode::unsupported, "is no BPF object: it is no ELF file", {.file = image.name});
  const std::uint16_t machine = image.elf->machine();
  if (machine != EM_BPF && machine != EM_NONE) {
    throw Error(ErrorCode::unsupported,
                fmt::format("is no BPF object: it is for ELF machine {}, not {}", machine, EM_BPF),
                {.file = image.name});
  }
  BpfObject object{
      .name = image.name, .btf = load_btf(image), .order = image.elf->byte_order(), .ext = {}, .programs = {}};
  try {
    object.programs = read_programs(*image.elf);
  } catch (const Error& error) {
    throw error.in(image.name);
  }
  if (!has_section(image, BtfExt::section_name)) return object;
  const Bytes section = btf_section(image, BtfExt::section_name);
  try {
    object.ext = BtfExt::parse(section.view(), *object.btf);
  } catch (const Error& error) {
    throw error.in(image.name, BtfExt::section_name);
  }
  return object;
}

}  // namespace btfx
