#include "image/ar.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <new>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "image/growing_buffer.h"
#include "image/libarchive.h"
#include "image/package.h"

namespace btfx {

namespace {

constexpr std::string_view ar_magic = "!<arch>\n", thin_ar_magic = "!<thin>\n";

[[noreturn]] void fail_ar(archive* reader, const MemorySource& source, const std::string& name) {
  if (source.exhausted()) throw Error(ErrorCode::truncated, "archive ends before it should", {.file = name});
  const char* reason = archive_error_string(reader);
  throw Error(ErrorCode::malformed, fmt::format("archive is damaged: {}", reason != nullptr ? reason : "unknown"),
              {.file = name});
}

/// Whether a name is that of a table of symbols or names, of the ways in which ar writes them.
bool is_table(std::string_view name) {
  return name.empty() || name == "/" || name == "//" || name == "/SYM64/" || name.starts_with("__.SYMDEF");
}

}  // namespace

bool is_ar(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  return text.starts_with(thin_ar_magic) || (text.starts_with(ar_magic) && package_kind(bytes).empty());
}

std::vector<ArMember> read_ar(const Bytes& archive_content, const std::string& name) {
  if (as_text(archive_content.view()).starts_with(thin_ar_magic)) {
    throw Error(ErrorCode::unsupported, "is a thin archive, which only names its files: name these files instead",
                {.file = name});
  }
  MemorySource source(archive_content.view());
  const ArchiveReader reader(archive_read_new());
  if (!reader) throw std::bad_alloc();
  archive_read_support_format_ar(reader.get());
  if (source.open(reader.get()) != ARCHIVE_OK) fail_ar(reader.get(), source, name);
  std::vector<ArMember> members;
  std::unordered_map<std::string, std::size_t> known;  // how many of each name
  std::array<std::byte, 65536> block{};
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return members;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) fail_ar(reader.get(), source, name);
    const char* const path = archive_entry_pathname(entry);
    std::string member = path == nullptr ? std::string() : path;
    if (is_table(member)) continue;
    GrowingBuffer buffer(block.size());
    for (;;) {
      const la_ssize_t length = archive_read_data(reader.get(), block.data(), block.size());
      if (length == 0) break;
      if (length < 0) fail_ar(reader.get(), source, name);
      buffer.append(block.data(), static_cast<std::size_t>(length));
    }
    if (const std::size_t number = ++known[member]; number != 1) member += fmt::format(":{}", number);
    members.push_back({std::move(member), std::move(buffer).take()});
  }
}

}  // namespace btfx
