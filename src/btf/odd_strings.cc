#include "btf/odd_strings.h"

#include <algorithm>

namespace btfx {

namespace {

/// Whether a piece of long_string bytes holds nothing but letters, digits, underscores and NULs, one of these at least.
/// Counted to its end without a branch, for compilers to make vector code of it.
bool is_plain_piece(const char* piece) {
  unsigned char all = 1, ends = 0;
  for (std::size_t i = 0; i < OddStrings::long_string; ++i) {
    const auto c = static_cast<unsigned char>(piece[i]);
    const bool is_letter = static_cast<unsigned char>((c | 0x20) - 'a') < 26;
    const bool is_digit = static_cast<unsigned char>(c - '0') < 10;
    all &= static_cast<unsigned char>(is_letter | is_digit | (c == '_') | (c == 0));
    ends |= static_cast<unsigned char>(c == 0);
  }
  return (all & ends) != 0;
}

bool is_odd(char c) {
  return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '\0');
}

}  // namespace

OddStrings::OddStrings(std::string_view strings, std::uint32_t start, const OddStrings* before) {
  if (before != nullptr) blocks_ = before->blocks_;
  blocks_.resize((start + strings.size()) / block_size + 1);
  find(strings, start);
}

/// Where in a block the first odd character is, or the first piece that a string fills; the end if nothing is odd.
/// Pieces begin at multiples of their length, whatever the offset `from` of the block: a string that fills none then
/// has no more than longest_plain bytes.
std::size_t OddStrings::odd_at(std::string_view block, std::size_t from) {
  for (std::size_t at = 0; at < block.size();) {
    const std::string_view piece = block.substr(at, long_string - (from + at) % long_string);
    const bool is_whole = piece.size() == long_string;
    if (!is_whole || !is_plain_piece(piece.data())) {
      if (is_whole && piece.find('\0') == std::string_view::npos) return at;
      const auto odd = std::ranges::find_if(piece, is_odd);
      if (odd != piece.end()) return at + static_cast<std::size_t>(odd - piece.begin());
    }
    at += piece.size();
  }
  return block.size();
}

/// What is marked behind an offset is marked before it as well, as far back as the string goes.
void OddStrings::find(std::string_view strings, std::uint32_t start) {
  const std::size_t end = start + strings.size();
  const auto block_at = [&](std::size_t offset) {
    const std::size_t from = std::max<std::size_t>(start, offset / block_size * block_size);
    return strings.substr(from - start, (offset / block_size + 1) * block_size - from);
  };
  for (std::size_t at = start; at < end; at = (at / block_size + 1) * block_size) {
    std::string_view block = block_at(at);
    const std::size_t odd = odd_at(block, at);
    if (odd == block.size()) continue;
    blocks_[at / block_size] = 1;
    // Strings of what else is odd here begin in this block or are the same.
    block = block.substr(0, odd);
    for (std::size_t before = at; before > start && block.find('\0') == std::string_view::npos;) {
      before = std::max<std::size_t>(start, (before - 1) / block_size * block_size);
      if (blocks_[before / block_size] != 0) break;
      blocks_[before / block_size] = 1;
      block = block_at(before);
    }
  }
}

}  // namespace btfx
