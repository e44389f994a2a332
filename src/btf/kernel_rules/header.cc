// Size, header and sections.
#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "btf/kernel_rules/passes.h"

namespace btfx {

namespace {

constexpr std::uint64_t largest_user_blob = std::uint64_t{16} << 20;
constexpr std::uint32_t largest_name_offset = 0xffffff;

/// The part of the header that the kernel knows, with zeros where the blob's is shorter.
void read_header(JudgedBtf& subject, ByteOrder order, std::uint32_t known_length, std::uint32_t header_length) {
  std::array<std::byte, BtfHeader::layout_header_length> bytes{};
  std::copy_n(subject.blob.begin(), std::min(known_length, header_length), bytes.begin());
  const auto word = [&](std::size_t offset) { return load<std::uint32_t>(bytes.data() + offset, order); };
  subject.magic = load<std::uint16_t>(bytes.data(), order);
  subject.header = {.version = std::to_integer<std::uint8_t>(bytes[2]),
                    .flags = std::to_integer<std::uint8_t>(bytes[3]),
                    .header_length = word(4),
                    .type_offset = word(8),
                    .type_length = word(12),
                    .string_offset = word(16),
                    .string_length = word(20),
                    .layout_offset = word(24),
                    .layout_length = word(28)};
}

struct Section {
  std::uint32_t offset, length;
};

/// Whether the kernel sorts `a` behind `b`: it takes differences of unsigned numbers for signed ones.
bool sorts_behind(const Section& a, const Section& b) {
  const auto offsets = static_cast<std::int32_t>(a.offset - b.offset);
  return offsets != 0 ? offsets > 0 : static_cast<std::int32_t>(a.length - b.length) > 0;
}

bool has_layout(const BtfHeader& header, const KernelRules& kernel) {
  return kernel.layout && header.header_length >= BtfHeader::layout_header_length && header.layout_length != 0;
}

/// Sections follow each other without gaps and fill the blob. Returns false when that is not so and matters.
bool check_places(const JudgedBtf& subject, const KernelRules& kernel, KernelReport& report) {
  const BtfHeader& header = subject.header;
  std::vector<Section> sections{{header.type_offset, header.type_length}, {header.string_offset, header.string_length}};
  if (has_layout(header, kernel)) sections.push_back({header.layout_offset, header.layout_length});
  // Such an order need not be one (a < b < c < a), which std::sort does not allow.
  for (std::size_t i = 1; i < sections.size(); ++i) {
    for (std::size_t j = i; j > 0 && sorts_behind(sections[j - 1], sections[j]); --j) {
      std::swap(sections[j - 1], sections[j]);
    }
  }
  const std::uint64_t room = subject.blob.size() - header.header_length;
  std::uint64_t end = 0;
  for (const Section section : sections) {
    if (section.offset > room) return report.plain(BtfRule::section_offset, std::nullopt);
    if (end < section.offset) {
      report.plain(BtfRule::section_gap, std::nullopt);
    } else if (end > section.offset) {
      report.plain(BtfRule::section_overlap, std::nullopt);
    }
    if (!report.goes_on()) return false;
    if (room - section.offset < section.length) return report.plain(BtfRule::section_length, std::nullopt);
    end = std::max(end, std::uint64_t{section.offset} + section.length);
  }
  if (end != room) report.plain(BtfRule::trailing_data, std::nullopt);
  return report.goes_on();
}

/// Records a finding on the blob as a whole; whether the passes end there.
bool stops(KernelReport& report, BtfRule rule) {
  report.plain(rule, std::nullopt);
  return !report.goes_on();
}

}  // namespace

bool check_header(JudgedBtf& subject, const ValidateOptions& options, KernelReport& report) {
  const std::uint64_t size = subject.blob.size();
  const ByteOrder order = options.kernel.byte_order;
  const auto fails = [&](BtfRule rule) { return report.plain(rule, std::nullopt); };
  if (size > (options.path == LoadPath::user ? largest_user_blob : std::numeric_limits<std::uint32_t>::max())) {
    return fails(BtfRule::blob_size);
  }
  if (size < 8) return fails(BtfRule::header_short);
  const auto length = load<std::uint32_t>(subject.blob.data() + 4, order);
  if (size < length) return fails(BtfRule::header_truncated);
  const std::uint32_t known = options.kernel.layout ? BtfHeader::layout_header_length : BtfHeader::old_length;
  if (length > known) {
    const ByteView unknown = subject.blob.subspan(known, length - known);
    const bool is_zero = std::ranges::all_of(unknown, [](std::byte byte) { return byte == std::byte{0}; });
    if (!is_zero && stops(report, BtfRule::header_unknown)) return false;
  }
  read_header(subject, order, known, length);
  report.log_header();
  if (subject.magic != BtfHeader::magic) return fails(BtfRule::magic);
  if (subject.header.version != 1 && stops(report, BtfRule::version)) return false;
  if (subject.header.flags != 0 && stops(report, BtfRule::flags)) return false;
  if (subject.base() == nullptr && size == subject.header.header_length) return fails(BtfRule::no_data);
  if (!check_places(subject, options.kernel, report)) return false;
  const BtfHeader& header = subject.header;
  const ByteView body = subject.blob.subspan(header.header_length);
  subject.take_sections(body.subspan(header.type_offset, header.type_length), order,
                        as_text(body.subspan(header.string_offset, header.string_length)));
  return true;
}

bool check_sections(const JudgedBtf& subject, const ValidateOptions& options, KernelReport& report) {
  const BtfHeader& header = subject.header;
  const bool is_root = subject.base() == nullptr;
  const std::uint64_t room = subject.blob.size() - header.header_length;
  const bool order_is_free = options.kernel.layout && header.header_length >= BtfHeader::layout_header_length;
  const bool strings_are_last = std::uint64_t{header.string_offset} + header.string_length == room;
  if (!order_is_free && !strings_are_last && stops(report, BtfRule::strings_not_last)) return false;

  const std::string_view strings = subject.strings();
  if (is_root || !strings.empty()) {
    const bool ends_well = !strings.empty() && strings.size() - 1 <= largest_name_offset && strings.back() == '\0';
    if (!ends_well || (is_root && strings.front() != '\0')) return report.plain(BtfRule::strings_invalid, std::nullopt);
  }
  if (options.path == LoadPath::kernel) return true;  // types and layout are taken wherever and however they are
  if (has_layout(header, options.kernel)) {
    if (header.layout_offset % 4 != 0 && stops(report, BtfRule::layout_unaligned)) return false;
    if (header.layout_length < 4 && stops(report, BtfRule::layout_short)) return false;
    if (header.layout_length % 4 != 0 && stops(report, BtfRule::layout_size)) return false;
  }
  if (header.type_offset % 4 != 0 && stops(report, BtfRule::types_unaligned)) return false;
  if (is_root && header.type_length == 0) return report.plain(BtfRule::types_missing, std::nullopt);
  return true;
}

}  // namespace btfx
