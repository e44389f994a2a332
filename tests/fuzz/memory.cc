// Replays files under clang's memory sanitizer, in the place of replay.cc and without std::filesystem, whose results
// the sanitizer takes for unwritten: it follows what this program writes, and what libstdc++ and libelf write only as
// far as the functions here say. libFuzzer is of no use for that: it brings templates of libstdc++ along that are
// compiled without the sanitizer, and the linker takes those for all.
#include <dlfcn.h>
#include <gelf.h>
#include <libelf.h>
#include <sanitizer/msan_interface.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <set>

#include "fuzz.h"

namespace {

/// The function of that name in the library.
template <typename Function>
Function* in_library(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

template <typename T>
T* written(T* object) {
  if (object != nullptr) __msan_unpoison(object, sizeof *object);
  return object;
}

}  // namespace

namespace std {

void _Rb_tree_insert_and_rebalance(bool left, _Rb_tree_node_base* node, _Rb_tree_node_base* parent,
                                   _Rb_tree_node_base& header) noexcept {
  using Insert = void(bool, _Rb_tree_node_base*, _Rb_tree_node_base*, _Rb_tree_node_base&);
  static const auto insert = in_library<Insert>("_ZSt29_Rb_tree_insert_and_rebalancebPSt18_Rb_tree_node_baseS0_RS_");
  insert(left, node, parent, header);
  written(node);
}

exception_ptr current_exception() noexcept {
  static const auto current = in_library<exception_ptr()>("_ZSt17current_exceptionv");
  exception_ptr exception = current();
  written(&exception);
  return exception;
}

}  // namespace std

extern "C" {

GElf_Ehdr* gelf_getehdr(Elf* elf, GElf_Ehdr* header) {
  static const auto get = in_library<decltype(gelf_getehdr)>("gelf_getehdr");
  return written(get(elf, header));
}

GElf_Shdr* gelf_getshdr(Elf_Scn* section, GElf_Shdr* header) {
  static const auto get = in_library<decltype(gelf_getshdr)>("gelf_getshdr");
  return written(get(section, header));
}

int elf_getshdrnum(Elf* elf, std::size_t* number) {
  static const auto get = in_library<decltype(elf_getshdrnum)>("elf_getshdrnum");
  const int status = get(elf, number);
  written(number);
  return status;
}

Elf_Data* elf_getdata(Elf_Scn* section, Elf_Data* before) {
  static const auto get = in_library<decltype(elf_getdata)>("elf_getdata");
  Elf_Data* data = written(get(section, before));
  if (data != nullptr && data->d_buf != nullptr) __msan_unpoison(data->d_buf, data->d_size);
  return data;
}

GElf_Sym* gelf_getsymshndx(Elf_Data* symbols, Elf_Data* sections, int at, GElf_Sym* symbol, Elf32_Word* section) {
  static const auto get = in_library<decltype(gelf_getsymshndx)>("gelf_getsymshndx");
  written(section);
  return written(get(symbols, sections, at, symbol, section));
}

std::size_t gelf_getnote(Elf_Data* data, std::size_t offset, GElf_Nhdr* note, std::size_t* name,
                         std::size_t* description) {
  static const auto get = in_library<decltype(gelf_getnote)>("gelf_getnote");
  const std::size_t next = get(data, offset, note, name, description);
  if (next != 0) written(note), written(name), written(description);
  return next;
}

}  // extern "C"

void btfx::test::uncounted(const std::function<void()>& action) {
  action();
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::FILE* file = std::fopen(argv[i], "rb");
    if (file == nullptr || std::fseek(file, 0, SEEK_END) != 0) return std::perror(argv[i]), 1;
    const auto size = static_cast<std::size_t>(std::ftell(file));
    std::rewind(file);
    const auto content = std::make_unique<std::uint8_t[]>(size);
    if (std::fread(content.get(), 1, size, file) != size) return std::perror(argv[i]), 1;
    std::fclose(file);
    LLVMFuzzerTestOneInput(content.get(), size);
  }
  std::printf("%d inputs replayed\n", argc - 1);
  return argc == 1 ? 1 : 0;
}
