#include "emit/report/declaration_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "base/counted.h"
#include "base/sequence.h"
#include "btf/declared.h"
#include "btf/measure.h"
#include "btf/spelling.h"
#include "results/change.h"

namespace btfx {

namespace {

constexpr std::size_t max_nested_lines = 4096;  // of anonymous composites inside one declaration
constexpr std::size_t max_nesting = 32;

/// `struct name`, or `struct` when it has none.
std::string composite_head(TypeView type) {
  return type.name().empty() ? std::string(type.kind() == Kind::struct_ ? "struct" : "union") : spell_name(type);
}

class LineWriter {
 public:
  explicit LineWriter(const Btf& btf) : btf_(btf) {}

  std::vector<DeclarationLine> run(TypeId id) {
    const TypeView type = btf_.type(id);
    switch (type.kind()) {
      case Kind::struct_:
      case Kind::union_:
        composite(id, {}, {});
        break;
      case Kind::enum_:
      case Kind::enum64:
        enumeration(type, {}, {});
        break;
      case Kind::typedef_:
        named_target(type, "typedef ");
        break;
      case Kind::var:
        named_target(type, {});
        break;
      case Kind::datasec:
        section(type);
        break;
      default:
        add(declaration_summary(type));
    }
    return std::move(lines_);
  }

 private:
  /// An anonymous composite that is being written out.
  struct Frame {
    TypeView type;
    std::uint32_t next;
    std::uint64_t bit_offset;
    std::string tail;  // what follows the closing brace
  };

  void add(const std::string& text, std::string offset = {}, std::string size = {}) {
    lines_.push_back({std::string(depth_, '\t') + text, std::move(offset), std::move(size)});
  }

  void composite(TypeId id, std::string_view prefix, std::string_view declared) {
    const TypeView whole = btf_.type(id);
    const auto tail = [](std::string_view name) {
      return name.empty() ? std::string("}") : fmt::format("}} {}", name);
    };
    std::vector<Frame> frames{{whole, 0, 0, tail(declared)}};
    add(fmt::format("{}{} {{", prefix, composite_head(whole)));
    ++depth_;
    while (!frames.empty()) {
      Frame& frame = frames.back();
      if (frame.next == frame.type.vlen()) {
        --depth_;
        add(frame.tail + ";", {}, frames.size() == 1 ? fmt::format("{}", whole.size()) : std::string());
        frames.pop_back();
        continue;
      }
      const Member member = frame.type.member(frame.next++);
      const std::string_view name = btf_.string(member.name);
      const std::uint64_t bit_offset = frame.bit_offset + member.bit_offset;
      const TypeView type = btf_.type(member.type);
      const bool is_nested = is_composite(type.kind()) && type.name().empty() && member.bitfield_size == 0;
      if (is_nested && frames.size() < max_nesting && nested_lines_ + type.vlen() + 2 <= max_nested_lines) {
        nested_lines_ += type.vlen() + 2;
        add(composite_head(type) + " {");
        ++depth_;
        frames.push_back({type, 0, bit_offset, tail(name)});
        continue;
      }
      std::string text = spell_type(btf_, member.type, name);
      if (member.bitfield_size != 0) text += fmt::format(":{}", member.bitfield_size);
      const auto size = size_of(btf_, member.type);
      add(text + ";", offset_text(bit_offset),
          size && member.bitfield_size == 0 ? fmt::format("{}", *size) : std::string());
    }
  }

  void enumeration(TypeView type, std::string_view prefix, std::string_view declared) {
    if (is_forward(type)) return add(fmt::format("{}{};", prefix, spell_name(type)));
    add(fmt::format("{}{} {{", prefix, type.name().empty() ? "enum" : spell_name(type)));
    ++depth_;
    for (std::uint32_t i = 0; i < type.vlen(); ++i) {
      add(fmt::format("{} = {},", btf_.string(type.enumerator_name(i)),
                      value_text(type.enumerator_value(i), type.kind_flag())));
    }
    --depth_;
    add(declared.empty() ? "};" : fmt::format("}} {};", declared), {}, fmt::format("{}", type.size()));
  }

  /// A typedef or variable, with what is in an anonymous type that it stands for.
  void named_target(TypeView type, std::string_view prefix) {
    const TypeView target = btf_.type(type.target());
    const bool is_anonymous = target.name().empty();
    if (is_anonymous && is_composite(target.kind())) return composite(type.target(), prefix, type.name());
    if (is_anonymous && is_enum(target.kind())) return enumeration(target, prefix, type.name());
    add(declaration_summary(type));
  }

  void section(TypeView type) {
    add(fmt::format("section {} {{", type.name()));
    ++depth_;
    for (std::uint32_t i = 0; i < type.vlen(); ++i) {
      const SectionEntry entry = type.entry(i);
      add(spell_type(btf_, entry.type) + ";", fmt::format("{}", entry.offset), fmt::format("{}", entry.size));
    }
    --depth_;
    add("}", {}, fmt::format("{}", type.size()));
  }

  const Btf& btf_;
  std::vector<DeclarationLine> lines_;
  std::size_t depth_ = 0, nested_lines_ = 0;
};

}  // namespace

std::string offset_text(std::uint64_t bits) {
  return bits % 8 == 0 ? fmt::format("{}", bits / 8) : fmt::format("{}:{}", bits / 8, bits % 8);
}

std::string value_text(std::uint64_t value, bool is_signed) {
  return is_signed ? fmt::format("{}", static_cast<std::int64_t>(value)) : fmt::format("{}", value);
}

std::vector<DeclarationLine> declaration_lines(const Btf& btf, TypeId id) {
  return LineWriter(btf).run(id);
}

std::string declaration_summary(TypeView type) {
  const Btf& btf = type.btf();
  switch (type.kind()) {
    case Kind::int_:
      return fmt::format("{}; /* {}, {} bits, {} */", type.name(), counted(type.size(), "byte"), type.int_bits(),
                         encoding_name(type.int_encoding()));
    case Kind::float_:
      return fmt::format("{}; /* {} bytes */", type.name(), type.size());
    case Kind::struct_:
    case Kind::union_:
      return fmt::format("{} {{ ... }}; /* size: {}, members: {} */", composite_head(type), type.size(), type.vlen());
    case Kind::enum_:
    case Kind::enum64: {
      if (is_forward(type)) return spell_name(type) + ";";
      const std::string first = type.vlen() == 0 ? "" : fmt::format("{}, ", btf.string(type.enumerator_name(0)));
      return fmt::format("{} {{ {}... }}; /* values: {} */", type.name().empty() ? "enum" : spell_name(type), first,
                         type.vlen());
    }
    case Kind::typedef_:
      return fmt::format("typedef {};", spell_type(btf, type.target(), type.name()));
    case Kind::func:
      return fmt::format("{};", spell_type(btf, type.target(), type.name()));
    case Kind::var:
      return fmt::format("{};", spell_type(btf, type.target(), type.name()));
    default:
      return spell_name(type) + ";";
  }
}

std::vector<LinePair> align_lines(const std::vector<DeclarationLine>& before,
                                  const std::vector<DeclarationLine>& after) {
  struct Seen {
    std::uint32_t before = 0, after = 0, count_before = 0, count_after = 0;
  };
  std::unordered_map<std::string_view, Seen> texts;
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    Seen& seen = texts[before[i].text];
    seen.before = i;
    ++seen.count_before;
  }
  for (std::uint32_t k = 0; k < after.size(); ++k) {
    Seen& seen = texts[after[k].text];
    seen.after = k;
    ++seen.count_after;
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> unique;
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    const Seen& seen = texts.at(before[i].text);
    if (seen.count_before == 1 && seen.count_after == 1) unique.emplace_back(i, seen.after);
  }
  std::vector<std::uint32_t> places;
  places.reserve(unique.size());
  for (const auto& [i, k] : unique) places.push_back(k);
  const std::vector<bool> kept = longest_ascending(places);

  // From each anchor on, and before it, whatever is equal line by line; in between first what went, then what came.
  std::vector<LinePair> pairs;
  std::size_t i = 0, k = 0;
  const auto fill_to = [&](std::size_t end_before, std::size_t end_after) {
    while (i < end_before && k < end_after && before[i].text == after[k].text) {
      pairs.push_back({static_cast<std::int64_t>(i++), static_cast<std::int64_t>(k++)});
    }
    std::size_t common = 0;
    while (end_before - common > i && end_after - common > k &&
           before[end_before - common - 1].text == after[end_after - common - 1].text) {
      ++common;
    }
    while (i < end_before - common) pairs.push_back({static_cast<std::int64_t>(i++), -1});
    while (k < end_after - common) pairs.push_back({-1, static_cast<std::int64_t>(k++)});
    while (common-- != 0) pairs.push_back({static_cast<std::int64_t>(i++), static_cast<std::int64_t>(k++)});
  };
  for (std::size_t anchor = 0; anchor < unique.size(); ++anchor) {
    if (kept[anchor]) fill_to(unique[anchor].first + 1, unique[anchor].second + 1);
  }
  fill_to(before.size(), after.size());
  return pairs;
}

}  // namespace btfx
