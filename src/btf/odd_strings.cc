#include "emit/c/odd_strings.h"

#include <algorithm>

namespace btfx {

bool is_identifier(std::string_view text) {
  const bool begins_with_digit = !text.empty() && text[0] >= '0' && text[0] <= '9';
  return !begins_with_digit && std::ranges::all_of(text, is_identifier_character);
}

OddStrings::OddStrings(const Btf& btf) : blocks_(btf.string_end() / block_size + 1) {
  find(btf);
}

/// Whether a whole block is letters, digits, underscores and NULs. Counted to its end without a branch, for compilers
/// to make vector code of it.
bool OddStrings::is_plain(std::string_view block) {
  if (block.size() != block_size) return false;
  unsigned char all = 1;
  for (std::size_t i = 0; i < block_size; ++i) {
    const auto c = static_cast<unsigned char>(block[i]);
    const bool is_letter = static_cast<unsigned char>((c | 0x20) - 'a') < 26;
    const bool is_digit = static_cast<unsigned char>(c - '0') < 10;
    all &= static_cast<unsigned char>(is_letter | is_digit | (c == '_') | (c == 0));
  }
  return all != 0;
}

/// Bases first, so that what is marked behind an offset is marked before it as well, as far as the string goes.
void OddStrings::find(const Btf& part) {
  if (part.base() != nullptr) find(*part.base());
  const std::string_view strings = part.own_strings();
  const std::size_t start = part.string_start();
  const auto block_at = [&](std::size_t offset) {
    const std::size_t from = std::max(start, offset / block_size * block_size);
    return strings.substr(from - start, (offset / block_size + 1) * block_size - from);
  };
  for (std::size_t at = start; at < part.string_end(); at = (at / block_size + 1) * block_size) {
    std::string_view block = block_at(at);
    if (is_plain(block)) continue;
    const auto odd = std::ranges::find_if(block, [](char c) { return c != '\0' && !is_identifier_character(c); });
    if (odd == block.end()) continue;
    blocks_[at / block_size] = 1;
    // Strings of the other odd characters begin in this block or are the same.
    block = block.substr(0, static_cast<std::size_t>(odd - block.begin()));
    for (std::size_t before = at; before > start && block.find('\0') == std::string_view::npos;) {
      before = std::max(start, (before - 1) / block_size * block_size);
      if (blocks_[before / block_size] != 0) break;
      blocks_[before / block_size] = 1;
      block = block_at(before);
    }
  }
}

}  // namespace btfx
