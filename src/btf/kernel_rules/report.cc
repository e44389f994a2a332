#include "btf/kernel_rules/report.h"

#include <utility>

namespace btfx {

namespace {

constexpr std::size_t longest_piece = 1023;  // BPF_VERIFIER_TMP_LOG_SIZE without the NUL

std::string_view encoding_name(std::uint32_t encoding) {
  switch (encoding) {
    case 0:
      return "(none)";
    case 1:
      return "SIGNED";
    case 2:
      return "CHAR";
    case 4:
      return "BOOL";
    default:
      return "UNKN";
  }
}

}  // namespace

std::string_view KernelReport::name(std::uint32_t offset) const {
  if (offset == 0) return "(anon)";
  if (!subject_.has_string(offset)) return "(invalid-name-offset)";
  return subject_.string(offset, longest_piece);
}

void KernelReport::record(BtfFinding finding) {
  if (!finding.line.empty() && finding.line.back() == '\n') finding.line.pop_back();
  if (finding.error != 0 && finding.type) faulty_.insert(raw(*finding.type));
  if (verdict_.error == 0) verdict_.error = finding.error;
  // A finding that stops nothing can come as often as there are types; once is enough.
  const bool repeated =
      finding.error == 0 && !verdict_.findings.empty() && verdict_.findings.back().rule == finding.rule;
  if (!repeated) verdict_.findings.push_back(std::move(finding));
}

void KernelReport::piece(std::string_view text) {
  text = text.substr(0, longest_piece);
  if (line_ != nullptr) *line_ += text;
  if (verdict_.log.size() < options_.log_limit) {
    verdict_.log += text.substr(0, static_cast<std::size_t>(options_.log_limit - verdict_.log.size()));
  }
}

void KernelReport::log_header() {
  if (!keeps_log()) return;
  const BtfHeader& header = subject_.header;
  print("magic: 0x{:x}\n", subject_.magic);
  print("version: {}\n", header.version);
  print("flags: 0x{:x}\n", header.flags);
  print("hdr_len: {}\n", header.header_length);
  print("type_off: {}\n", header.type_offset);
  print("type_len: {}\n", header.type_length);
  print("str_off: {}\n", header.string_offset);
  print("str_len: {}\n", header.string_length);
  if (options_.kernel.layout) {
    print("layout_off: {}\n", header.layout_offset);
    print("layout_len: {}\n", header.layout_length);
  }
  print("btf_total_size: {}\n", subject_.blob.size());
}

void KernelReport::line_start(const RawRecord& record, bool with_details) {
  print("[{}] {} {}{}", record.id, kind_info(record.kind()).name, name(record.name()), with_details ? " " : "");
  if (with_details) details(record);
}

void KernelReport::details(const RawRecord& record) {
  const std::uint32_t* payload = record.payload();
  switch (record.kind()) {
    case Kind::int_:
      print("size={} bits_offset={} nr_bits={} encoding={}", record.size_or_type(), payload[0] >> 16 & 0xff,
            payload[0] & 0xff, encoding_name(payload[0] >> 24 & 0xf));
      return;
    case Kind::array:
      print("type_id={} index_type_id={} nr_elems={}", payload[0], payload[1], payload[2]);
      return;
    case Kind::struct_:
    case Kind::union_:
    case Kind::enum_:
    case Kind::enum64:
    case Kind::datasec:
      print("size={} vlen={}", record.size_or_type(), record.info_word().vlen());
      return;
    case Kind::fwd:
      piece(record.info_word().kind_flag() ? "union" : "struct");
      return;
    case Kind::func_proto:
      arguments(record);
      return;
    case Kind::var:
      print("type_id={} linkage={}", record.size_or_type(), payload[0]);
      return;
    case Kind::float_:
      print("size={}", record.size_or_type());
      return;
    case Kind::decl_tag:
      print("type={} component_idx={}", record.size_or_type(), static_cast<std::int32_t>(payload[0]));
      return;
    default:  // pointers, modifiers, TYPEDEF, FUNC
      print("type_id={}", record.size_or_type());
      return;
  }
}

void KernelReport::arguments(const RawRecord& record) {
  const std::uint32_t count = record.info_word().vlen();
  print("return={} args=(", record.size_or_type());
  if (count == 0) piece("void");
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t* param = record.element(i);
    const std::string_view separator = i == 0 ? "" : ", ";
    if (param[1] == 0 && i == count - 1) {
      print("{}vararg", separator);
    } else {
      print("{}{} {}", separator, param[1], name(param[0]));
    }
  }
  piece(")");
}

void KernelReport::member_start(const RawRecord& record, const std::uint32_t* member, std::uint32_t member_type) {
  const bool kind_flag = record.info_word().kind_flag();
  const MemberPlace place(member[2], kind_flag);
  if (kind_flag) {
    print("\t{} type_id={} bitfield_size={} bits_offset={}", name(member[0]), member_type, place.bitfield_size,
          place.bit_offset);
  } else {
    print("\t{} type_id={} bits_offset={}", name(member[0]), member_type, place.bit_offset);
  }
}

void KernelReport::entry_start(const std::uint32_t* entry) {
  print("\t type_id={} offset={} size={}", entry[0], entry[1], entry[2]);
}

void KernelReport::member_line(const RawRecord& record, const std::uint32_t* member) {
  member_start(record, member, member[1]);
  piece("\n");
}

void KernelReport::enumerator_line(const RawRecord& record, const std::uint32_t* enumerator) {
  const std::string_view label = name(enumerator[0]);
  const bool is_signed = record.info_word().kind_flag();
  if (record.kind() == Kind::enum_) {
    const std::uint32_t value = enumerator[1];
    print("\t{} val={}\n", label, is_signed ? std::int64_t{static_cast<std::int32_t>(value)} : std::int64_t{value});
    return;
  }
  const std::uint64_t value = std::uint64_t{enumerator[2]} << 32 | enumerator[1];
  if (is_signed) {
    print("\t{} val={}\n", label, static_cast<std::int64_t>(value));
  } else {
    print("\t{} val={}\n", label, value);
  }
}

void KernelReport::entry_line(const std::uint32_t* entry) {
  entry_start(entry);
  piece("\n");
}

}  // namespace btfx
