#include "image/signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/endian.h"
#include "base/error.h"

namespace btfx {

namespace {

constexpr std::string_view signature_mark = "~Module signature appended~\n";
constexpr std::uint64_t signature_trailer = 12;  // the last four bytes: the signature's length, big-endian

/// `end`: the last bytes of a file of `size`, all of them or enough for the trailer and the mark.
std::optional<ModuleSignature> signature_at(ByteView end, std::uint64_t size) {
  if (!as_text(end).ends_with(signature_mark)) return std::nullopt;
  const std::uint64_t before_mark = size - signature_mark.size();
  if (before_mark < signature_trailer) {
    throw Error(ErrorCode::malformed, "ends in the mark of a module signature, but is too short for one");
  }
  const auto length = load<std::uint32_t>(end.last(signature_mark.size() + 4).data(), ByteOrder::big);
  if (length >= before_mark - signature_trailer) {
    throw Error(ErrorCode::malformed,
                fmt::format("has a module signature of {} bytes, more than the file is long", length),
                {.offset = before_mark - 4});
  }
  return ModuleSignature{before_mark - signature_trailer - length};
}

}  // namespace

std::optional<ModuleSignature> find_signature(ByteView file) {
  return signature_at(file, file.size());
}

std::optional<ModuleSignature> find_signature(const FileParts& file) {
  const std::uint64_t length = std::min<std::uint64_t>(file.size(), signature_trailer + signature_mark.size());
  const Bytes end = file.part(file.size() - length, length);
  return signature_at(end.view(), file.size());
}

}  // namespace btfx
