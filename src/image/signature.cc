#include "image/signature.h"

#include <fmt/format.h>

#include <string_view>

#include "base/endian.h"
#include "base/error.h"

namespace btfx {

namespace {

constexpr std::string_view signature_mark = "~Module signature appended~\n";
constexpr std::uint64_t signature_trailer = 12;  // the last four bytes: the signature's length, big-endian

}  // namespace

std::optional<ModuleSignature> find_signature(ByteView file) {
  const std::string_view text = as_text(file);
  if (!text.ends_with(signature_mark)) return std::nullopt;
  const std::uint64_t before_mark = text.size() - signature_mark.size();
  if (before_mark < signature_trailer) {
    throw Error(ErrorCode::malformed, "ends in the mark of a module signature, but is too short for one");
  }
  const auto length = load<std::uint32_t>(file.data() + before_mark - 4, ByteOrder::big);
  if (length >= before_mark - signature_trailer) {
    throw Error(ErrorCode::malformed,
                fmt::format("has a module signature of {} bytes, more than the file is long", length),
                {.offset = before_mark - 4});
  }
  return ModuleSignature{before_mark - signature_trailer - length};
}

}  // namespace btfx
