// Packages and boot images around small contents.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image/decompress.h"

namespace btfx::test {

struct PackedFile {
  std::string path;
  std::string content = {};
  std::string link_to = {};  ///< not empty: a symbolic link
};

enum class ArchiveFormat { tar, cpio, ar };

/// `text` compressed.
std::string packed(std::string_view text, Compression format);
/// An archive of files, not compressed.
std::string archive_of(ArchiveFormat format, const std::vector<PackedFile>& files);
/// A Debian package with its data member compressed.
std::string debian_package(const std::vector<PackedFile>& files, Compression compression = Compression::xz);
/// What a package says of itself.
struct PackageNames {
  std::string name, version;
  std::vector<std::string> needs = {};  ///< packages of the same version
};
/// A Debian package with control files as dpkg-deb makes them: names, and the list of its files.
std::string named_debian_package(const PackageNames& names, const std::vector<PackedFile>& files);
/// rpm's formats: the payload of 6, the default since 2026, only numbers the files that the header names.
enum class RpmFormat { four, six };
/// An RPM package with a header that names it, what it needs and its files.
std::string named_rpm_package(const PackageNames& names, const std::vector<PackedFile>& files,
                              RpmFormat format = RpmFormat::six, Compression compression = Compression::zstd);
/// An RPM package: lead, signature, header, and a compressed cpio archive.
std::string rpm_package(const std::vector<PackedFile>& files, Compression compression = Compression::zstd);

/// An x86 boot image around a payload: as large as its header wants, and the payload behind it.
std::string bz_image(std::string_view payload, std::uint16_t version = 0x20f);
/// An EFI zboot image around a payload.
std::string zboot_image(std::string_view payload);
/// A unified kernel image: an EFI program with the kernel in its second section.
std::string unified_image(std::string_view kernel);
/// An Android boot image with a header of that version, and something after the kernel. A version past 4 is the size of
/// a device tree in a header of version 0.
std::string android_image(std::string_view kernel, std::uint32_t version);
/// A legacy U-Boot image.
std::string u_boot_image(std::string_view kernel);
/// `text` compressed, with its size behind it, as kernel builds do it for all but gzip.
std::string kernel_payload_of(std::string_view text, Compression format);

}  // namespace btfx::test
