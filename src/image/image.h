// What a path holds: everything that wraps a BTF (compression, kernel image, package) is taken off here, by content.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "image/carve.h"
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
  Bytes content;                                        ///< without wrappings
  std::optional<ElfFile> elf;                           ///< when form is elf
  std::shared_ptr<const PackageKernel> package_kernel;  ///< for a member of a package on disk

  /// Whether it is a file that can be replaced, and that others can stand beside: one on disk, named by its place.
  [[nodiscard]] bool has_place() const;
};

/// Takes every wrapping off `content`; no layer may unpack to more than `limit` bytes. Throws Error naming `name` when
/// nothing known is inside, or it is cut short.
Image unwrap(Bytes content, std::string name, std::uint64_t limit = Bytes::default_limit);

/// Puts `content` into the compressions that were taken off `image`: for a module that was changed and is to be written
/// where it came from. Throws Error(unsupported) when `image` came out of anything else, such as a kernel image.
Bytes rewrap(const Image& image, Bytes content);

/// Where kernels are looked for. Tests and chroots set their own.
struct SearchPaths {
  std::string root;     ///< put before /sys, /boot, /lib, /usr; empty: the system's own
  std::string running;  ///< the release of the running kernel; empty: none is running
  /// This system's: no root, and the release of uname(2).
  static SearchPaths system();
};

/// Reads a source that is one BTF carrier: a path, `-` (standard input), `running` (the running kernel), a kernel
/// release, of which the first image that carries BTF is taken, or `PACKAGE:PATH`, a file in a package. A path that
/// exists wins over the words. Throws Error. See the sources in the manual page.
Image read_source(const std::string& source, const SearchPaths& paths = SearchPaths::system());
/// The same where a base is meant: a package or a directory is also taken, for the kernel image in it, in a companion
/// of the package (image/package_summary.h), or in a package in the directory. An archive without kernel images is
/// taken for the raw BTF of a kernel in it. Kernels of several releases are an Error that names them.
Image read_base_source(const std::string& source, const SearchPaths& paths = SearchPaths::system());

/// The text of the first `name=` entry of a module's .modinfo, e.g. vermagic; empty when there is none.
std::string modinfo(const ElfFile& elf, std::string_view name);
/// The kernel release a module or vmlinux was built for (vermagic's first word, or the "Linux version" banner); empty
/// when unknown.
std::string kernel_release(const Image& image);
/// The GNU build id in hex; empty when there is none.
std::string build_id(const ElfFile& elf);

/// Where a base for `image` was found, and why there.
struct FoundBase {
  std::string source;  ///< to be read with read_base_source()
  std::string reason;  ///< e.g. "vermagic says 6.12.115+deb12-amd64"
};
/// Looks for the base of a split BTF, in this order: the vmlinux beside a sysfs module; the kernel image of the package
/// a member came from, or of a companion beside it; the kernel image in the tree that a module lies in, where that is
/// not the system's own; the release its vermagic names in the usual places. Nothing when none is found.
std::optional<FoundBase> find_base(const Image& image, const SearchPaths& paths = SearchPaths::system());

}  // namespace btfx
