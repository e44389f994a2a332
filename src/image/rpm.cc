#include "image/rpm.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <map>
#include <string_view>
#include <utility>

#include "base/endian.h"
#include "base/error.h"

namespace btfx {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t lead_size = 96, intro_size = 16, index_entry_size = 16;
constexpr std::string_view numbered_magic = "07070X", plain_magic = "070701";
constexpr std::uint64_t path_bytes_per_byte = 16, least_path_budget = 16U << 20;  // of all paths, for the header's size
constexpr std::size_t numbered_header_size = 16;  // magic, number in eight hex digits, two bytes of padding

/// Tags of the package's header. Source: rpm's include/rpm/rpmtag.h.
enum class Tag : std::uint32_t {
  name = 1000,
  version = 1001,
  release = 1002,
  architecture = 1022,
  file_sizes = 1028,
  file_modes = 1030,
  needs = 1049,
  file_devices = 1095,
  file_inodes = 1096,
  directory_indexes = 1116,
  base_names = 1117,
  directory_names = 1118,
  long_file_sizes = 5008,
};

[[noreturn]] void malformed_rpm(const std::string& what, std::optional<std::uint64_t> offset = {}) {
  throw Error(ErrorCode::malformed, "RPM package: " + what, {.offset = offset});
}

/// One header: finds the values of tags.
class TagStore {
 public:
  TagStore(const Bytes& package, std::uint64_t offset) : bytes_(package.view()), start_(offset) {
    require(offset, intro_size);
    if (word(offset) != 0x8eade801) malformed_rpm("has no header where one should be", offset);
    entries_ = word(offset + 8);
    store_ = offset + intro_size + entries_ * index_entry_size;
    const std::uint64_t store_size = word(offset + 12);
    require(offset, store_ - offset + store_size);
    end_ = store_ + store_size;
  }

  /// Where the header ends.
  [[nodiscard]] std::uint64_t end() const { return end_; }

  /// The values of a tag as numbers of `size` bytes each; none when the header lacks it.
  [[nodiscard]] std::vector<std::uint64_t> numbers(Tag tag, std::uint64_t size) const {
    const auto [offset, count] = find(tag);
    if (count > (end_ - offset) / size) malformed_rpm("has a tag with more values than there is room for", offset);
    std::vector<std::uint64_t> values(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      for (std::uint64_t byte = 0; byte < size; ++byte) {
        values[i] = values[i] << 8 | std::to_integer<std::uint64_t>(bytes_[offset + i * size + byte]);
      }
    }
    return values;
  }

  /// The first value of a tag, or nothing.
  [[nodiscard]] std::string string(Tag tag) const {
    const std::vector<std::string_view> values = strings(tag);
    return values.empty() ? std::string{} : std::string(values.front());
  }

  [[nodiscard]] std::vector<std::string_view> strings(Tag tag) const {
    auto [offset, count] = find(tag);
    if (count > end_ - offset) malformed_rpm("has a tag with more values than there is room for", offset);
    std::vector<std::string_view> values(count);
    for (std::string_view& value : values) {
      const std::string_view rest = as_text(bytes_.subspan(offset, end_ - offset));
      value = rest.substr(0, rest.find('\0'));
      if (value.size() == rest.size()) malformed_rpm("has a string without an end", offset);
      offset += value.size() + 1;
    }
    return values;
  }

 private:
  [[nodiscard]] std::uint64_t word(std::uint64_t offset) const {
    return load<std::uint32_t>(bytes_.data() + offset, ByteOrder::big);
  }

  void require(std::uint64_t offset, std::uint64_t size) const {
    if (offset <= bytes_.size() && size <= bytes_.size() - offset) return;
    throw Error(ErrorCode::truncated, "RPM package ends inside its headers", {.offset = offset});
  }

  /// Offset in the package and number of a tag's values.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> find(Tag tag) const {
    for (std::uint64_t i = 0; i < entries_; ++i) {
      const std::uint64_t entry = start_ + intro_size + i * index_entry_size;
      if (word(entry) != static_cast<std::uint32_t>(tag)) continue;
      if (word(entry + 8) > end_ - store_) malformed_rpm("has a tag with values outside its header", entry);
      return {store_ + word(entry + 8), word(entry + 12)};
    }
    return {store_, 0};
  }

  ByteView bytes_;
  std::uint64_t start_, entries_ = 0, store_ = 0, end_ = 0;
};

/// The lower-case hex number in a field of a cpio header.
std::optional<std::uint32_t> hex_number(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char digit : digits) {
    const std::size_t place = "0123456789abcdef0123456789ABCDEF"sv.find(digit);
    if (place == std::string_view::npos) return std::nullopt;
    value = value << 4 | static_cast<std::uint32_t>(place % 16);
  }
  return value;
}

/// An entry's header, its name and their padding.
std::string plain_header(std::uint32_t number, std::uint32_t mode, std::uint64_t size, std::string_view path) {
  std::string header = fmt::format("{}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}",
                                   plain_magic, number, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, path.size() + 1, 0);
  header.append(path).push_back('\0');
  header.resize((header.size() + 3) / 4 * 4);
  return header;
}

}  // namespace

RpmHeader read_rpm_header(const Bytes& package) {
  const TagStore signature(package, lead_size);
  const TagStore header(package, (signature.end() + 7) / 8 * 8);
  const std::vector<std::string_view> names = header.strings(Tag::base_names);
  const std::vector<std::string_view> directories = header.strings(Tag::directory_names);
  const std::vector<std::uint64_t> places = header.numbers(Tag::directory_indexes, 4);
  const std::vector<std::uint64_t> modes = header.numbers(Tag::file_modes, 2);
  const std::vector<std::uint64_t> devices = header.numbers(Tag::file_devices, 4);
  const std::vector<std::uint64_t> inodes = header.numbers(Tag::file_inodes, 4);
  std::vector<std::uint64_t> sizes = header.numbers(Tag::long_file_sizes, 8);
  if (sizes.empty()) sizes = header.numbers(Tag::file_sizes, 4);
  if (places.size() != names.size() || modes.size() != names.size() || sizes.size() != names.size()) {
    malformed_rpm(fmt::format("has {} file names, {} directories, {} modes and {} sizes", names.size(), places.size(),
                              modes.size(), sizes.size()));
  }
  RpmHeader result{.name = header.string(Tag::name),
                   .version = header.string(Tag::version) + "-" + header.string(Tag::release),
                   .architecture = header.string(Tag::architecture),
                   .needs = {},
                   .files = std::vector<RpmFile>(names.size()),
                   .payload_offset = header.end()};
  for (const std::string_view need : header.strings(Tag::needs)) result.needs.emplace_back(need);
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> last_link;
  // Files share the text of their directory in the header, but not here.
  std::uint64_t path_budget = header.end() * path_bytes_per_byte + least_path_budget;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (places[i] >= directories.size()) malformed_rpm(fmt::format("has no directory {}", places[i]));
    const std::size_t length = directories[places[i]].size() + names[i].size();
    if (length >= PATH_MAX || length > path_budget) malformed_rpm("has paths that are too long for a file system", {});
    path_budget -= length;
    RpmFile& file = result.files[i];
    file = {.path = std::string(directories[places[i]]), .mode = static_cast<std::uint32_t>(modes[i])};
    file.path.append(names[i]);
    if (!S_ISREG(file.mode) && !S_ISLNK(file.mode)) continue;
    file.size = sizes[i];
    if (!S_ISREG(file.mode) || inodes.size() != names.size() || devices.size() != names.size()) continue;
    const auto [link, is_first] = last_link.try_emplace({devices[i], inodes[i]}, i);
    if (!is_first) result.files[std::exchange(link->second, i)].size = 0;
  }
  return result;
}

bool is_numbered_cpio(ByteView payload) {
  return as_text(payload).starts_with(numbered_magic);
}

void NumberedCpio::translate(ByteView piece, std::string& out) {
  std::string_view rest = as_text(piece);
  while (!rest.empty()) {
    if (at_end_ || content_ != 0) {
      const std::size_t length = at_end_ ? rest.size() : std::min<std::uint64_t>(content_, rest.size());
      out.append(rest.substr(0, length));
      rest.remove_prefix(length);
      if (!at_end_) content_ -= length;
      continue;
    }
    const std::size_t wanted = std::min(numbered_header_size - header_.size(), rest.size());
    header_.append(rest.substr(0, wanted));
    rest.remove_prefix(wanted);
    if (header_.size() == numbered_header_size) take_header(out);
  }
}

void NumberedCpio::take_header(std::string& out) {
  if (header_.starts_with(plain_magic)) {  // the trailer, which needs no translation
    at_end_ = true;
    out.append(std::exchange(header_, {}));
    return;
  }
  const std::optional<std::uint32_t> number = hex_number(std::string_view(header_).substr(6, 8));
  if (!header_.starts_with(numbered_magic) || !number || *number >= files_.size()) {
    throw Error(ErrorCode::malformed, "RPM package: the payload has an entry for a file that the header does not list");
  }
  if (written_[*number]) throw Error(ErrorCode::malformed, "RPM package: the payload has an entry twice");
  written_[*number] = true;
  const RpmFile& file = files_[*number];
  if (file.size > 0xffffffff) {
    throw Error(ErrorCode::unsupported, fmt::format("RPM package: {} has more than 4 GiB", file.path));
  }
  out.append(plain_header(*number + 1, file.mode, file.size, file.path));
  content_ = (file.size + 3) / 4 * 4;
  header_.clear();
}

}  // namespace btfx
