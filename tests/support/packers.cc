#include "support/packers.h"

#include <archive.h>
#include <archive_entry.h>

#include <concepts>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "image/compress.h"
#include "support/btf_samples.h"
#include "support/elf_maker.h"

namespace btfx::test {

std::string packed(std::string_view text, Compression format) {
  return text_of(compress(as_bytes(text), format));
}

std::string archive_of(ArchiveFormat format, const std::vector<PackedFile>& files) {
  const std::unique_ptr<archive, decltype(&archive_write_free)> writer(archive_write_new(), archive_write_free);
  std::string out;
  const auto check = [&](auto status) {
    if (status < 0) throw std::runtime_error(archive_error_string(writer.get()));
  };
  switch (format) {
    case ArchiveFormat::tar:
      check(archive_write_set_format_gnutar(writer.get()));
      break;
    case ArchiveFormat::cpio:
      check(archive_write_set_format_cpio_newc(writer.get()));
      break;
    case ArchiveFormat::ar:
      check(archive_write_set_format_ar_svr4(writer.get()));
      break;
  }
  check(archive_write_set_bytes_in_last_block(writer.get(), 1));
  check(archive_write_open(
      writer.get(), &out, nullptr,
      [](archive*, void* text, const void* block, std::size_t length) -> la_ssize_t {
        static_cast<std::string*>(text)->append(static_cast<const char*>(block), length);
        return static_cast<la_ssize_t>(length);
      },
      nullptr));
  for (const PackedFile& file : files) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), file.path.c_str());
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_filetype(entry.get(), file.link_to.empty() ? AE_IFREG : AE_IFLNK);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.content.size()));
    if (!file.link_to.empty()) archive_entry_set_symlink(entry.get(), file.link_to.c_str());
    check(archive_write_header(writer.get(), entry.get()));
    if (!file.content.empty()) check(archive_write_data(writer.get(), file.content.data(), file.content.size()));
  }
  check(archive_write_close(writer.get()));
  return out;
}

std::string debian_package(const std::vector<PackedFile>& files, Compression compression) {
  return archive_of(
      ArchiveFormat::ar,
      {{.path = "debian-binary", .content = "2.0\n"},
       {.path = "control.tar.gz", .content = packed(archive_of(ArchiveFormat::tar, {}), Compression::gzip)},
       {.path = "data.tar.xx", .content = packed(archive_of(ArchiveFormat::tar, files), compression)}});
}

std::string named_debian_package(const PackageNames& names, const std::vector<PackedFile>& files) {
  std::string control = "Package: " + names.name + "\nVersion: " + names.version + "\nDepends: kmod";
  for (const std::string& need : names.needs) control += ", " + need + " (= " + names.version + ")";
  std::string list;
  for (const PackedFile& file : files) list += std::string(32, '0') + "  " + file.path + "\n";
  const std::string control_tar =
      archive_of(ArchiveFormat::tar, {{.path = "./control", .content = control + "\nDescription: test\n more\n"},
                                      {.path = "./md5sums", .content = list}});
  return archive_of(ArchiveFormat::ar, {{.path = "debian-binary", .content = "2.0\n"},
                                        {.path = "control.tar.xz", .content = packed(control_tar, Compression::xz)},
                                        {.path = "data.tar.xz",
                                         .content = packed(archive_of(ArchiveFormat::tar, files), Compression::xz)}});
}

namespace {

/// An RPM header: tags with their types and values.
class RpmHeaderMaker {
 public:
  template <std::unsigned_integral T>
  void numbers(std::uint32_t tag, std::uint32_t type, const std::vector<T>& values) {
    Writer writer(ByteOrder::big);
    for (const T value : values) writer.put(value);
    add(tag, type, static_cast<std::uint32_t>(values.size()), writer.text());
  }
  void strings(std::uint32_t tag, std::uint32_t type, const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) text += value + std::string(1, '\0');
    add(tag, type, static_cast<std::uint32_t>(values.size()), text);
  }
  [[nodiscard]] std::string text() const {
    Writer header(ByteOrder::big);
    header.put(std::uint32_t{0x8eade801}).put(std::uint32_t{0}).put(entries_);
    header.put(static_cast<std::uint32_t>(store_.size()));
    return header.text() + index_ + store_;
  }

 private:
  void add(std::uint32_t tag, std::uint32_t type, std::uint32_t count, const std::string& values) {
    Writer entry(ByteOrder::big);
    entry.put(tag).put(type).put(static_cast<std::uint32_t>(store_.size())).put(count);
    index_ += entry.text();
    store_ += values;
    ++entries_;
  }

  std::uint32_t entries_ = 0;
  std::string index_, store_;
};

}  // namespace

std::string named_rpm_package(const PackageNames& names, const std::vector<PackedFile>& files, RpmFormat format,
                              Compression compression) {
  constexpr std::uint32_t int16 = 3, int32 = 4, int64 = 5, string = 6, string_array = 8;
  RpmHeaderMaker header;
  std::vector<std::string> base_names, directories;
  std::vector<std::uint32_t> places, devices, inodes;
  std::vector<std::uint16_t> modes;
  std::vector<std::uint64_t> sizes;
  std::string payload;
  for (const PackedFile& file : files) {
    const auto number = static_cast<std::uint32_t>(base_names.size());
    const std::string path = file.path.substr(file.path.find_first_not_of("./"));
    const std::size_t slash = path.rfind('/') + 1;
    base_names.push_back(path.substr(slash));
    directories.push_back("/" + path.substr(0, slash));
    places.push_back(number);
    devices.push_back(1);
    inodes.push_back(number + 1);
    modes.push_back(file.link_to.empty() ? 0100644 : 0120777);
    const std::string& content = file.link_to.empty() ? file.content : file.link_to;
    sizes.push_back(content.size());
    char text[16];
    std::snprintf(text, sizeof text, "07070X%08x", number);
    payload += std::string(text) + std::string(2, '\0') + content + std::string((4 - content.size() % 4) % 4, '\0');
  }
  payload = format == RpmFormat::four ? archive_of(ArchiveFormat::cpio, files)
                                      : payload + archive_of(ArchiveFormat::cpio, {});
  const std::size_t dash = names.version.find('-');
  header.strings(1000, string, {names.name});
  header.strings(1001, string, {names.version.substr(0, dash)});
  header.strings(1002, string, {names.version.substr(dash + 1)});
  header.numbers(1030, int16, modes);
  header.strings(1049, string_array, names.needs);
  header.numbers(1095, int32, devices);
  header.numbers(1096, int32, inodes);
  header.numbers(1116, int32, places);
  header.strings(1117, string_array, base_names);
  header.strings(1118, string_array, directories);
  if (format == RpmFormat::four) {
    header.numbers(1028, int32, std::vector<std::uint32_t>(sizes.begin(), sizes.end()));
  } else {
    header.numbers(5008, int64, sizes);
  }
  Writer rpm(ByteOrder::big);
  rpm.put("\xed\xab\xee\xdb\x04").put(std::string(91, '\0'));
  const std::string signature = RpmHeaderMaker().text();
  return rpm.text() + signature + std::string((8 - signature.size() % 8) % 8, '\0') + header.text() +
         packed(payload, compression);
}

std::string rpm_package(const std::vector<PackedFile>& files, Compression compression) {
  Writer rpm(ByteOrder::big);
  rpm.put("\xed\xab\xee\xdb\x03").put(std::string(91, '\0'));
  for (int i = 0; i < 2; ++i) {  // signature and header: one empty entry each, eight bytes of data
    rpm.put(std::uint32_t{0x8eade801}).put(std::uint32_t{0}).put(std::uint32_t{1}).put(std::uint32_t{8});
    rpm.put(std::string(24, '\0'));
  }
  rpm.put(packed(archive_of(ArchiveFormat::cpio, files), compression));
  return rpm.text();
}

std::string bz_image(std::string_view payload, std::uint16_t version) {
  constexpr std::uint32_t setup_sectors = 2, payload_offset = 0x30;
  std::string image((setup_sectors + 1) * 512 + payload_offset, '\x90');
  const auto set = [&image](std::size_t at, const std::string& text) { image.replace(at, text.size(), text); };
  set(0, "MZ");
  set(0x1f1, std::string(1, static_cast<char>(setup_sectors)));
  set(0x1fe,
      "\x55\xaa"
      "\xeb\x6a"
      "HdrS");
  set(0x206, Writer(ByteOrder::little).put(version).text());
  set(0x248, Writer(ByteOrder::little).put(payload_offset).put(static_cast<std::uint32_t>(payload.size())).text());
  return image.append(payload).append("the end");
}

std::string zboot_image(std::string_view payload) {
  constexpr std::uint32_t payload_offset = 0x200;
  Writer image(ByteOrder::little);
  image.put(std::string_view("MZ\0\0zimg", 8)).put(payload_offset).put(static_cast<std::uint32_t>(payload.size()));
  image.put(std::string(payload_offset - 16, '\0')).put(payload).put("the end");
  return image.text();
}

std::string unified_image(std::string_view kernel) {
  constexpr std::uint32_t headers = 0x400, os_release = 0x200;
  Writer image(ByteOrder::little);
  image.put("MZ").put(std::string(0x3a, '\0')).put(std::uint32_t{0x80}).put(std::string(0x40, '\0'));
  image.put(std::string_view("PE\0\0\x64\x86", 6)).put(std::uint16_t{2}).put(std::string(12, '\0'));
  image.put(std::uint16_t{240}).put(std::uint16_t{0x22e}).put(std::string(240, '\0'));
  const auto section = [&image](std::string_view name, std::uint32_t size, std::uint32_t offset) {
    image.put(std::string(name) + std::string(8 - name.size(), '\0')).put(size).put(std::uint32_t{0x1000});
    image.put((size + 511) / 512 * 512).put(offset).put(std::string(16, '\0'));
  };
  section(".osrel", 10, headers);
  section(".linux", static_cast<std::uint32_t>(kernel.size()), headers + os_release);
  const std::size_t written = image.text().size();
  image.put(std::string(headers - written, '\0')).put("ID=someone").put(std::string(os_release - 10, '\0'));
  return image.put(kernel).put(std::string(511 - (kernel.size() + 511) % 512, '\0')).text();
}

std::string android_image(std::string_view kernel, std::uint32_t version) {
  const bool has_fixed_page = version == 3 || version == 4;
  const std::uint32_t page = has_fixed_page ? 4096 : 2048;
  Writer image(ByteOrder::little);
  image.put("ANDROID!").put(static_cast<std::uint32_t>(kernel.size())).put(std::string(24, '\1'));
  image.put(has_fixed_page ? 0 : page).put(version).put(std::string(page - 44, '\0'));
  return image.put(kernel).put("the ramdisk").text();
}

std::string u_boot_image(std::string_view kernel) {
  Writer image(ByteOrder::big);
  image.put(std::uint32_t{0x27051956}).put(std::uint64_t{0}).put(static_cast<std::uint32_t>(kernel.size()));
  return image.put(std::string(48, 'x')).put(kernel).put("the end").text();
}

std::string kernel_payload_of(std::string_view text, Compression format) {
  std::string payload = packed(text, format);
  if (format == Compression::gzip) return payload;
  return payload + Writer(ByteOrder::little).put(static_cast<std::uint32_t>(text.size())).text();
}

}  // namespace btfx::test
