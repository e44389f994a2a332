#include "btf/raw_btf.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "btf/find_records.h"
#include "btf/header.h"

namespace btfx {

RawBtf::RawBtf(const Btf* base)
    : base_(base),
      first_id_(base != nullptr ? raw(base->end_id()) : 1),
      string_start_(base != nullptr ? base->string_end() : 0) {}

RawBtf RawBtf::of_parsed(const Btf& btf) {
  RawBtf result(btf.base().get());
  result.words_ = btf.own_words();
  result.strings_ = btf.own_strings();
  result.offsets_ = btf.own_starts();
  result.kinds_ = btf.own_kinds();
  return result;
}

RawBtf RawBtf::read(ByteView blob, const Btf* base) {
  const auto [header, order, has_unknown_fields] = read_header(blob);
  const ByteView body = blob.subspan(header.header_length);
  RawBtf result(base);
  result.take_sections(body.subspan(header.type_offset, header.type_length), order,
                       as_text(body.subspan(header.string_offset, header.string_length)));
  result.offsets_.reserve(header.type_length / 24);  // less than the average record takes
  result.kinds_.reserve(header.type_length / 24);
  FoundRecords found{.starts = result.offsets_, .kinds = result.kinds_};
  find_records(result.words_, found);
  if (4 * found.end == header.type_length) result.end_records();
  return result;
}

RawBtf RawBtf::at(const Btf* base, std::vector<std::uint32_t> starts) {
  RawBtf result(base);
  result.offsets_ = std::move(starts);
  return result;
}

void RawBtf::take_sections(ByteView types, ByteOrder order, std::string_view strings) {
  strings_ = strings;
  const std::size_t count = types.size() / 4;
  const bool aligned = reinterpret_cast<std::uintptr_t>(types.data()) % alignof(std::uint32_t) == 0;
  if (order == native_order && aligned) {
    words_ = {reinterpret_cast<const std::uint32_t*>(types.data()), count};
    return;
  }
  storage_.resize(count);
  for (std::size_t i = 0; i < count; ++i) storage_[i] = load<std::uint32_t>(types.data() + 4 * i, order);
  words_ = storage_;
}

std::string_view RawBtf::string(std::uint32_t offset, std::size_t limit) const {
  if (offset < string_start_) {
    const char* text = base_->c_string(StringOffset{offset});
    return {text, strnlen(text, limit)};
  }
  const std::string_view rest = strings_.substr(offset - string_start_, limit);
  return rest.substr(0, std::min(rest.find('\0'), rest.size()));
}

}  // namespace btfx
