#include "support/co_re_maker.h"

#include <elf.h>
#include <fmt/format.h>

#include "support/btf_samples.h"
#include "support/elf_maker.h"

namespace btfx::test {

namespace {

constexpr std::string_view program = "prog";

}  // namespace

std::string encode(const BpfInsn& insn, ByteOrder order) {
  const auto registers =
      static_cast<std::uint8_t>(order == ByteOrder::little ? insn.src << 4 | insn.dst : insn.dst << 4 | insn.src);
  return Writer(order)
      .put(insn.code)
      .put(registers)
      .put(static_cast<std::uint16_t>(insn.offset))
      .put(static_cast<std::uint32_t>(insn.imm))
      .text();
}

BpfInsn move_immediate(std::uint8_t to, std::int32_t value) {
  return {.code = 0xb7, .dst = to, .imm = value};
}

BpfInsn load_field(std::uint32_t width, std::int16_t offset) {
  const std::uint8_t size = width == 4 ? 0x00 : width == 2 ? 0x08 : width == 1 ? 0x10 : 0x18;
  return {.code = static_cast<std::uint8_t>(0x60 | size | BpfInsn::ldx), .dst = 1, .src = 2, .offset = offset};
}

BpfInsn jump_if_equal(std::uint8_t reg, std::int32_t value, std::int16_t offset) {
  return {.code = 0x15, .dst = reg, .offset = offset, .imm = value};
}

std::uint32_t CoreMaker::add(const BpfInsn& insn) {
  code_ += encode(insn, order_);
  return static_cast<std::uint32_t>(code_.size() / BpfInsn::size - 1);
}

std::uint32_t CoreMaker::add_value(std::uint64_t value) {
  const std::uint32_t at = add({.code = BpfInsn::load_immediate, .dst = 1, .imm = static_cast<std::int32_t>(value)});
  add({.imm = static_cast<std::int32_t>(value >> 32)});
  return at;
}

void CoreMaker::relocate(std::uint32_t insn, CoreKind kind, TypeId root, std::string_view access) {
  relocate(insn, static_cast<std::uint32_t>(kind), root, access);
}

void CoreMaker::relocate(std::uint32_t insn, std::uint32_t kind, TypeId root, std::string_view access) {
  relocations_.push_back({{insn * 8, raw(root), raw(types.name(access)), kind}});
}

void CoreMaker::line(std::uint32_t insn, std::string_view file, std::string_view text, std::uint32_t number,
                     std::uint32_t column) {
  lines_.push_back({{insn * 8, raw(types.name(file)), raw(types.name(text)), number << 10 | column}});
}

std::string CoreMaker::ext() {
  const std::uint32_t name = raw(types.name(section));
  Writer parts(order_);
  const auto put = [&](const std::vector<Words>& records) -> std::uint32_t {
    const std::size_t before = parts.text().size();
    if (records.empty()) return 0;
    parts.put(std::uint32_t{16}).put(name).put(static_cast<std::uint32_t>(records.size()));
    for (const Words& record : records) {
      for (const std::uint32_t word : record.words) parts.put(word);
    }
    return static_cast<std::uint32_t>(parts.text().size() - before);
  };
  const std::uint32_t lines = put(lines_);
  const std::uint32_t relocations = put(relocations_);
  Writer header(order_);
  header.put(std::uint16_t{0xeb9f}).put(std::uint8_t{1}).put(std::uint8_t{0}).put(std::uint32_t{32});
  header.put(std::uint32_t{0}).put(std::uint32_t{0}).put(std::uint32_t{0}).put(lines).put(lines).put(relocations);
  return header.text() + parts.text();
}

BpfObject CoreMaker::bpf() {
  const std::string blob = ext();
  BpfObject object{.name = "test.bpf.o", .btf = types.build(order_), .order = order_, .ext = {}, .programs = {}};
  object.ext = BtfExt::parse(as_bytes(blob), *object.btf);
  object.programs.push_back(
      {.section = section, .name = std::string(program), .first_insn = 0, .code = Bytes::copy_of(code_)});
  return object;
}

std::string CoreMaker::elf() {
  ElfMaker maker(true, order_);
  const std::string blob = ext();
  const std::uint32_t code = maker.add({.name = section, .content = code_, .flags = SHF_EXECINSTR});
  maker.add(".BTF", text_of(types.finish(order_)));
  maker.add(".BTF.ext", blob);
  maker.add_symbols({{.name = std::string(program),
                      .value = 0,
                      .size = code_.size(),
                      .info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                      .section = code}});
  std::string file = maker.make();
  constexpr std::size_t machine_at = 18;
  file.replace(machine_at, 2, Writer(order_).put(std::uint16_t{EM_BPF}).text());
  return file;
}

std::string text_of(const CoreResult& result) {
  std::string text(to_string(result.verdict));
  if (result.new_value) {
    text += ' ';
    text += result.is_signed ? fmt::format("{}", static_cast<std::int64_t>(*result.new_value))
                             : fmt::format("{}", *result.new_value);
  }
  if (!result.message.empty()) text += ": " + result.message;
  for (const Diagnostic& finding : result.findings) text += fmt::format(" [{}: {}]", finding.code.word(), finding.text);
  return text;
}

}  // namespace btfx::test
