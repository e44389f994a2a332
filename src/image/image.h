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
#include "image/package_summary.h"

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
  std::string path;  ///< the file on disk, perhaps by a descriptor; empty for standard input and package members
  std::vector<std::string> wrappings;  ///< what was taken off, outermost first: "xz", "x86 bzImage", "EFI zboot", ...
  Form form = Form::raw_btf;
  Bytes rest;                                           ///< without wrappings, when form is not elf
  std::optional<ElfFile> elf;                           ///< when form is elf
  std::shared_ptr<const PackageKernel> package_kernel;  ///< for a member of a package on disk

  /// All of it without wrappings. Throws Error(io).
  [[nodiscard]] Bytes content() const { return elf ? elf->file().all() : rest; }
  /// Whether it is a file that can be replaced, and that others can stand beside: one on disk, named by its place.
  [[nodiscard]] bool has_place() const;
};

/// Takes every wrapping off `content`; no layer may unpack to more than `limit` bytes. Throws Error naming `name` when
/// nothing known is inside, or it is cut short.
Image unwrap(Bytes content, std::string name, std::uint64_t limit = Bytes::default_limit);
/// The same of a file on disk, by its path, which is how it is named unless `name` says otherwise. Of an ELF file no
/// more is read than is asked for. Throws Error(io) besides.
Image unwrap_file(const std::string& path, std::string name);

/// Puts `content` into the compressions that were taken off `image`: for a module that was changed and is to be written
/// where it came from. Throws Error(unsupported) when `image` came out of anything else, such as a kernel image.
Bytes rewrap(const Image& image, Bytes content);

/// The text of the first `name=` entry of a module's .modinfo, e.g. vermagic; empty when there is none.
std::string modinfo(const ElfFile& elf, std::string_view name);
/// The kernel release a module or vmlinux was built for (vermagic's first word, or the "Linux version" banner); empty
/// when unknown.
std::string kernel_release(const Image& image);
/// The GNU build id in hex; empty when there is none.
std::string build_id(const ElfFile& elf);

}  // namespace btfx
