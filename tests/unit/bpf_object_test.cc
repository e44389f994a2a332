#include "btf/bpf_object.h"

#include <elf.h>

#include "catch.h"
#include "image/bpf_images.h"
#include "image/elf.h"
#include "image/image.h"
#include "support/btf_samples.h"
#include "support/co_re_maker.h"
#include "support/elf_maker.h"
#include "support/temp_dir.h"
#include "transform/co_re/object.h"

namespace btfx {
namespace {

using test::error_of;

BpfObject read(const std::string& file) {
  return read_bpf_object(unwrap(Bytes::copy_of(file), "test.o"));
}

std::string refusal(const std::string& file) {
  return error_of([&] { (void)read(file); }).message;
}

}  // namespace

TEST_CASE("Functions of executable sections, by section and place") {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    test::ElfMaker maker(true, order);
    const std::string code(64, '\0');
    const std::uint32_t b = maker.add({.name = "b", .content = code, .flags = SHF_EXECINSTR});
    const std::uint32_t a = maker.add({.name = "a", .content = code, .flags = SHF_EXECINSTR});
    const std::uint32_t data = maker.add("data", code);
    BtfBuilder types;
    types.add_int("int", 4, 1);
    maker.add(".BTF", test::text_of(types.finish(order)));
    const std::uint8_t function = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    maker.add_symbols({{"second", 16, 24, function, b},
                       {"first", 0, 16, function, b},
                       {"too_long", 48, 999, function, a},
                       {"odd", 4, 8, function, a},
                       {"outside", 64, 8, function, a},
                       {"in_data", 0, 8, function, data},
                       {"variable", 0, 8, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), a}});
    std::string file = maker.make();
    file.replace(18, 2, test::Writer(order).put(std::uint16_t{EM_BPF}).text());
    const BpfObject object = read(file);
    CHECK(object.order == order);
    CHECK_FALSE(object.ext);
    std::vector<std::string> found;
    for (const BpfProgram& program : object.programs) {
      found.push_back(program.section + " " + program.name + " " + std::to_string(program.first_insn) + "+" +
                      std::to_string(program.insns()));
    }
    CHECK(found == std::vector<std::string>{"a too_long 6+2", "b first 0+2", "b second 2+3"});
    CHECK(find_program(object.programs, "b", 1) == 1);
    CHECK(find_program(object.programs, "b", 2) == 2);
    CHECK_FALSE(find_program(object.programs, "b", 5));
    CHECK_FALSE(find_program(object.programs, "a", 5));
    CHECK_FALSE(find_program(object.programs, "c", 0));
  }
}

TEST_CASE("What a program's tags name are its exception callbacks") {
  test::ElfMaker maker(true, ByteOrder::little);
  const std::uint32_t text = maker.add({.name = ".text", .content = std::string(24, '\0'), .flags = SHF_EXECINSTR});
  BtfBuilder types;
  types.add_int("int", 4, 1);
  types.add(Kind::decl_tag, "exception_callback:catcher", 1, {0xffffffff});
  types.add(Kind::decl_tag, "exception_callback", 1, {0xffffffff});
  maker.add(".BTF", test::text_of(types.finish(ByteOrder::little)));
  const std::uint8_t function = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
  maker.add_symbols({{"catcher", 0, 8, function, text}, {"catch", 8, 8, function, text}, {"", 16, 8, function, text}});
  std::string file = maker.make();
  file.replace(18, 2, test::Writer(ByteOrder::little).put(std::uint16_t{EM_BPF}).text());
  const BpfObject object = read(file);
  REQUIRE(object.programs.size() == 3);
  CHECK(object.programs[0].is_exception_callback);
  CHECK_FALSE(object.programs[1].is_exception_callback);
  CHECK_FALSE(object.programs[2].is_exception_callback);
}

TEST_CASE("What is not a BPF object is refused") {
  CHECK(refusal(test::text_of(test::small_base().finish())) == "test.o: is not a BPF object: it is not an ELF file");
  std::string module = test::ElfMaker().make();
  CHECK(refusal(module) == "test.o: has no section .BTF");
  module[18] = EM_X86_64;
  CHECK(refusal(module) == "test.o: is not a BPF object: it is an ELF file for x86-64");
  test::CoreMaker object;
  object.types.add_int("int", 4, 1);
  object.ask(CoreKind::type_size, TypeId{1}, "0", 4);
  std::string file = object.elf();
  CHECK(read(file).ext->relocations().size() == 1);
  const std::size_t at = file.find(object.ext());
  file[at] = 'x';
  CHECK(refusal(file) == "test.o: .BTF.ext: offset 0x0: no BTF magic (0xeb78 instead of 0xeb9f)");
}

TEST_CASE("A BPF object that ends anywhere or has a byte spoiled is an error, or can be resolved") {
  const std::string file = test::read_file(test::data_path("bpf/conntrack.bpf.o"));
  const auto attempt = [](const std::string& content) {
    const test::Caught caught = error_of([&] {
      const BtfPtr kernel = test::small_base().build();
      (void)resolve_core(read_core_object(read(content)), {"kernel", kernel}, {.search_all = true});
    });
    CHECK((caught.message.empty() || caught.message.starts_with("test.o")));
  };
  for (std::size_t size = 0; size < file.size(); size += 3) attempt(file.substr(0, size));
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const char value : {'\0', '\xff', '\x80'}) {
      std::string spoiled = file;
      spoiled[at] = value;
      attempt(spoiled);
    }
  }
}

TEST_CASE("Function names that are longer than the kernel takes are refused") {
  test::ElfMaker maker(true, native_order);
  const std::uint32_t code = maker.add({.name = "code", .content = std::string(64, '\0'), .flags = SHF_EXECINSTR});
  BtfBuilder types;
  types.add_int("int", 4, 1);
  maker.add(".BTF", test::text_of(types.finish(native_order)));
  maker.add_symbols({{std::string(512, 'f'), 0, 64, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), code}});
  std::string file = maker.make();
  file.replace(18, 2, test::Writer(native_order).put(std::uint16_t{EM_BPF}).text());
  CHECK(refusal(file) == "test.o: a function or its section has a name of 512 bytes, the kernel takes 511");
}

TEST_CASE("Instructions are decoded in either byte order") {
  const BpfInsn insn{.code = 0x7b, .dst = 3, .src = 10, .offset = -8, .imm = -2};
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    const std::string code = test::encode(insn, order);
    const BpfInsn read_back = BpfInsn::read(as_bytes(code).data(), order);
    CHECK(read_back.code == 0x7b);
    CHECK(read_back.dst == 3);
    CHECK(read_back.src == 10);
    CHECK(read_back.offset == -8);
    CHECK(read_back.imm == -2);
    CHECK(read_back.class_() == BpfInsn::stx);
    CHECK(read_back.width() == 8);
  }
}

namespace {

/// A program for the machine with a section.
ElfFile program_with(test::ElfMaker::Section section) {
  test::ElfMaker maker;
  maker.add(".text", std::string(16, '\0'));
  maker.add(std::move(section));
  std::string file = maker.make();
  file.replace(18, 2, test::Writer(ByteOrder::little).put(std::uint16_t{EM_X86_64}).text());
  return *unwrap(Bytes::copy_of(file), "program").elf;
}

std::vector<std::string> images_in(const std::string& content, std::uint64_t flags = SHF_ALLOC,
                                   std::uint32_t type = SHT_PROGBITS) {
  std::vector<std::string> images;
  for (const Bytes& image :
       embedded_bpf_images(program_with({.name = ".rodata", .content = content, .type = type, .flags = flags}))) {
    images.emplace_back(as_text(image.view()));
  }
  return images;
}

}  // namespace

TEST_CASE("BPF objects inside of programs are found whole, at any place, in both byte orders") {
  test::CoreMaker little(ByteOrder::little), big(ByteOrder::big);
  little.add(test::exit_program);
  big.add(test::exit_program);
  const std::string one = little.elf(), other = big.elf();
  using Images = std::vector<std::string>;
  CHECK(images_in(one) == Images{one});
  CHECK(images_in("x" + one + "yz" + other + std::string(9, '\0')) == Images{one, other});
  CHECK(images_in(one + one) == Images{one, one});
  // Only what is loaded with the program counts.
  CHECK(images_in(one, 0).empty());
  CHECK(images_in(one, SHF_ALLOC, SHT_NOTE).empty());
  // The magic alone, one cut short, one for another machine, and one of 32 bits are none.
  CHECK(images_in("\x7f"
                  "ELF\x02" +
                  other) == Images{other});
  CHECK(images_in(one.substr(0, one.size() - 1)).empty());
  std::string spoiled = one;
  spoiled[18] = 62;
  CHECK(images_in(spoiled + one) == Images{one});
  spoiled = one;
  spoiled[4] = 1;
  CHECK(images_in(spoiled).empty());
  CHECK(images_in("").empty());
}

TEST_CASE("Whatever is spoiled in an object inside of a program, what is found lies in the program") {
  test::CoreMaker maker;
  maker.add(test::exit_program);
  const std::string object = maker.elf();
  for (std::size_t at = 0; at < object.size(); ++at) {
    std::string spoiled = object;
    spoiled[at] = static_cast<char>(~spoiled[at]);
    for (const std::string& image : images_in("ab" + spoiled + "cd")) CHECK(image.size() <= object.size() + 2);
  }
}

namespace {

/// What a file's callbacks are: the variable, its type, and which programs it holds where.
std::string callbacks_of(const std::string& path) {
  std::string text;
  const BpfObject object = read_bpf_object(unwrap(Bytes::map_file(test::data_path(path)), "test.o"));
  for (const BpfCallbacks& callbacks : object.callbacks) {
    text += std::string(callbacks.is_optional ? "?" : "") + callbacks.name + " " +
            std::string(object.btf->type(callbacks.type).name()) + " " + std::to_string(callbacks.content.size());
    for (const BpfCallbacks::Slot& slot : callbacks.slots) {
      text += " " + std::to_string(slot.offset) + ":" + object.programs[slot.program].name;
    }
    text += '\n';
  }
  return text;
}

}  // namespace

TEST_CASE("Variables of callbacks are read from the file, with the programs that they hold") {
  CHECK(callbacks_of("loads/callbacks.bpf.o") ==
        "fits tcp_congestion_ops 40 0:ssthresh 8:cong_avoid 16:undo_cwnd\n"
        "zero tcp_congestion_ops___more 56\n"
        "?optional tcp_congestion_ops 40 8:beyond\n");
}

}  // namespace btfx
