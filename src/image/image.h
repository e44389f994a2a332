// What a path holds: everything that wraps a BTF (compression, kernel image, package) is taken off here, by content.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "image/elf.h"

namespace btfx {

/// What is left when every wrapping is off.
enum class Form {
  raw_btf,  ///< begins with the BTF magic
  elf,      ///< an ELF file
  flat,     ///< a kernel image without section headers (arm64, riscv): BTF must be carved out
};

/// One input, unwrapped.
struct Image {
  std::string name;  ///< as it is to be named in messages: the path, `-`, or `package.deb:path/in/package`
  std::string path;  ///< the file on disk; empty for standard input and package members
  std::vector<std::string> wrappings;  ///< what was taken off, outermost first: "xz", "x86 bzImage", "EFI zboot", ...
  Form form = Form::raw_btf;
  Bytes content;               ///< without wrappings
  std::optional<ElfFile> elf;  ///< when form is elf
};

/// Takes every wrapping off `content`. Throws Error naming `name` when nothing known is inside, or it is cut short.
Image unwrap(Bytes content, std::string name);

/// Reads a source that is one BTF carrier: a path, `-`, `running`, a kernel release name; and, where a base is meant, a
/// package or directory, whose kernel image is taken. Throws Error. See sources in the manual page.
Image read_source(const std::string& source);
Image read_base_source(const std::string& source);

/// The text of the first `name=` entry of a module's .modinfo, e.g. vermagic; empty when there is none.
std::string modinfo(const ElfFile& elf, std::string_view name);
/// The kernel release a module or vmlinux was built for (vermagic's first word, or the "Linux version" banner); empty
/// when unknown.
std::string kernel_release(const Image& image);
/// The GNU build id in hex; empty when there is none.
std::string build_id(const ElfFile& elf);

/// The next place in a flat image, from `from` on, that looks like a BTF header of native or foreign order: the slice
/// that its header spans. Empty when there is none. The caller parses the slice to know whether it is one.
struct Carved {
  std::uint64_t offset;
  Bytes blob;
};
std::optional<Carved> carve_btf(const Bytes& flat, std::uint64_t from);

/// Where a base for `image` was found, and why there.
struct FoundBase {
  std::string source;  ///< to be read with read_base_source()
  std::string reason;  ///< e.g. "vermagic says 6.12.115+deb12-amd64"
};
/// Looks for the base of a split BTF: the sysfs vmlinux beside a sysfs module; for an ELF module the release its
/// vermagic names, in the usual places and in its own tree. Nothing when none is found.
std::optional<FoundBase> find_base(const Image& image);

}  // namespace btfx
