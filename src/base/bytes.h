// Bytes own, views look. Everything read from outside is one of the two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace btfx {

/// Bytes that are kept alive elsewhere.
using ByteView = std::span<const std::byte>;

/// Immutable bytes with shared ownership (heap or file mapping). Copies and slices are cheap and keep the storage
/// alive.
class Bytes {
 public:
  Bytes() = default;
  /// Takes over a heap buffer.
  explicit Bytes(std::vector<std::byte> buffer);
  /// Shares storage that `owner` keeps alive and that no longer changes.
  Bytes(std::shared_ptr<const void> owner, ByteView view) : owner_(std::move(owner)), view_(view) {}
  /// Copies what a view shows, into storage of its own that is aligned to eight bytes.
  static Bytes copy_of(ByteView view);
  static Bytes copy_of(std::string_view text);
  /// Maps a file read-only; `path` is used in errors. Falls back to reading where mapping is not possible (pipes,
  /// sysfs). Throws Error(io).
  static Bytes map_file(const std::string& path);
  /// Reads a file descriptor to its end, at most `limit` bytes. Throws Error(io, unsupported).
  static Bytes read_fd(int fd, const std::string& name, std::uint64_t limit = default_limit);

  [[nodiscard]] ByteView view() const& { return view_; }
  ByteView view() const&& = delete;  // a view of a temporary would dangle
  [[nodiscard]] std::size_t size() const { return view_.size(); }
  [[nodiscard]] bool empty() const { return view_.empty(); }
  [[nodiscard]] const std::byte* data() const { return view_.data(); }
  /// The part [offset, offset + length), sharing ownership. The range must lie inside.
  [[nodiscard]] Bytes slice(std::size_t offset, std::size_t length) const;

  /// No input is read or unpacked beyond this many bytes unless a caller says otherwise.
  static constexpr std::uint64_t default_limit = std::uint64_t{2} << 30;

 private:
  std::shared_ptr<const void> owner_;
  ByteView view_;
};

/// The bytes as characters, for searching and for output.
inline std::string_view as_text(ByteView view) {
  return {reinterpret_cast<const char*>(view.data()), view.size()};
}

/// Whether `text` stands at that offset.
inline bool holds_at(ByteView view, std::size_t offset, std::string_view text) {
  return view.size() >= offset && as_text(view.subspan(offset)).starts_with(text);
}

/// The characters as bytes.
inline ByteView as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace btfx
