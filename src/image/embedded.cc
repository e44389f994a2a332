#include "image/embedded.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/endian.h"
#include "base/error.h"

namespace btfx {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t max_attempts = 4096;
/// How much larger than the image all attempts together may unpack to: kernels shrink to a fifth or more.
constexpr std::uint64_t max_ratio = 64, least_budget = 64U << 20;
/// What a false magic does not unpack to, and every kernel does.
constexpr std::size_t head_length = 65536;

/// How long a zstd frame is, by the sizes of its blocks; 0 when it does not end inside. Source: RFC 8878, section 3.1.
std::uint64_t zstd_length(ByteView stream) {
  constexpr std::array<std::uint64_t, 4> dictionary_bytes{0, 1, 2, 4}, size_bytes{0, 2, 4, 8};
  if (stream.size() < 6) return 0;
  const auto flags = std::to_integer<unsigned>(stream[4]);
  const bool single_segment = (flags & 0x20) != 0, checksum = (flags & 4) != 0;
  std::uint64_t at = 5 + dictionary_bytes[flags & 3];
  at += flags >> 6 == 0 ? 1 : size_bytes[flags >> 6];  // a window, or a size of one byte in its place
  if (flags >> 6 != 0 && !single_segment) ++at;
  for (bool last = false; !last;) {
    if (at + 4 > stream.size()) return 0;
    const std::uint32_t block = load<std::uint32_t>(stream.data() + at, ByteOrder::little) & 0xffffff;
    last = (block & 1) != 0;
    const bool repeated = (block >> 1 & 3) == 1;  // one byte stands for all
    at += 3 + (repeated ? 1 : std::uint64_t{block >> 3});
  }
  at += checksum ? 4 : 0;
  return at <= stream.size() ? at : 0;
}

/// How long an lz4 stream of the legacy format is: blocks, each after its size, until a word that cannot be a size.
std::uint64_t lz4_length(ByteView stream) {
  constexpr std::uint32_t max_block = (8U << 20) + (8U << 20) / 255 + 16;
  if (!as_text(stream).starts_with("\x02\x21\x4c\x18"sv)) return stream.size();
  std::uint64_t at = 4;
  while (at + 4 <= stream.size()) {
    const auto size = load<std::uint32_t>(stream.data() + at, ByteOrder::little);
    if (size == 0 || size > max_block || size > stream.size() - at - 4) break;
    at += 4 + std::uint64_t{size};
  }
  return at;
}

/// How long an xz stream is, by the flags that its header and footer share; 0 when it has no footer.
std::uint64_t xz_length(ByteView stream) {
  const std::string_view text = as_text(stream);
  if (text.size() < 12) return 0;
  const std::string footer = std::string(text.substr(6, 2)) + "YZ";
  for (std::size_t at = text.find(footer, 12); at != std::string_view::npos; at = text.find(footer, at + 1)) {
    if (at % 4 == 0) return at + footer.size();
  }
  return 0;
}

/// The stream alone, without what is behind it, for formats whose decoders do not find their end by themselves. What
/// was looked at to find the end is taken from `budget`.
ByteView bounded(ByteView stream, Compression format, std::uint64_t& budget) {
  std::uint64_t length = 0;
  switch (format) {
    case Compression::xz:
      length = xz_length(stream);
      break;
    case Compression::zstd:
      length = zstd_length(stream);
      break;
    case Compression::lz4:
      length = lz4_length(stream);
      break;
    default:
      return stream;
  }
  budget -= std::min<std::uint64_t>(budget, length != 0 ? length : stream.size());
  return stream.first(length);
}

/// The next place from `from` on where a format's magic stands.
std::optional<std::pair<std::size_t, Compression>> next_magic(ByteView image, std::size_t from) {
  for (std::size_t at = from; at < image.size(); ++at) {
    if (const std::optional<Compression> format = compression_at(image.subspan(at))) return {{at, *format}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<EmbeddedKernel> find_embedded_kernel(ByteView image, std::uint64_t limit) {
  auto hit = next_magic(image, 0);
  std::uint64_t budget = max_ratio * image.size() + least_budget, length_budget = budget;
  for (std::size_t attempts = 0; hit && attempts < max_attempts && budget != 0; ++attempts) {
    const auto [at, format] = *hit;
    const ByteView stream = bounded(image.subspan(at), format, length_budget);
    if (length_budget == 0) break;
    if (decompress_head(stream, format, head_length).size() == head_length) {
      const std::uint64_t allowed = std::min(limit, budget);
      std::uint64_t used = allowed;  // unless it ends before
      try {
        Bytes content = decompress(stream, format, allowed);
        const ByteView kernel = content.view();
        if (!banner_release(kernel).empty()) return EmbeddedKernel{format, std::move(content)};
        used = content.size();
      } catch (const Error& error) {  // the magic stands there by chance
        if (error.code() != ErrorCode::unsupported) {
          used = decompress_head(stream, format, static_cast<std::size_t>(allowed)).size();
        }
      }
      budget -= used;
    }
    hit = next_magic(image, at + 1);
  }
  return std::nullopt;
}

std::string_view kernel_banner(ByteView kernel) {
  constexpr std::string_view banner = "Linux version ";
  constexpr std::size_t longest = 1024;
  const std::string_view text = as_text(kernel);
  for (std::size_t at = text.find(banner); at != std::string_view::npos; at = text.find(banner, at + 1)) {
    const std::string_view rest = text.substr(at + banner.size(), 128);
    const std::size_t end = rest.find(' ');
    if (end == std::string_view::npos || end == 0 || rest[0] < '0' || rest[0] > '9') continue;
    const std::string_view line = text.substr(at, longest);
    return line.substr(0, line.find_first_of(std::string_view("\n\0", 2)));
  }
  return {};
}

std::string_view banner_release(ByteView kernel) {
  constexpr std::string_view start = "Linux version ";
  std::string_view banner = kernel_banner(kernel);
  if (banner.empty()) return {};
  banner.remove_prefix(start.size());
  return banner.substr(0, banner.find(' '));
}

}  // namespace btfx
