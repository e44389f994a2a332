#include "emit/dump/dump_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf/composite_layout.h"
#include "btf/measure.h"
#include "btf/spelling.h"
#include "emit/dump/chunks.h"
#include "emit/dump/text_buffer.h"
#include "emit/dump/work_budget.h"
#include "emit/report/json_results.h"

namespace btfx {

namespace {

constexpr std::uint64_t max_lines = std::uint64_t{1} << 20;  // for one composite, with all that is nested in it

std::string_view keyword(TypeView composite) {
  return composite.kind() == Kind::union_ ? "union" : "struct";
}

std::uint64_t lines_of(std::uint64_t bytes, std::uint32_t cacheline) {
  return (bytes + cacheline - 1) / cacheline;
}

/// What is shown for a selected type: the composite, and the typedef that it is shown as.
struct Shown {
  TypeId composite;
  TypeView named;
};

std::optional<Shown> shown(const Btf& btf, TypeId id, const LayoutOptions& options) {
  const TypeView type = btf.type(id);
  if (is_composite(type.kind())) {
    return type.is_named() || options.anonymous ? std::optional(Shown{id, type}) : std::nullopt;
  }
  if (type.kind() != Kind::typedef_) return std::nullopt;
  const TypeView target = btf.type(type.target());
  if (!is_composite(target.kind()) || target.is_named()) return std::nullopt;
  return Shown{type.target(), type};
}

/// An anonymous composite in a member: itself, or as the element of arrays.
struct InnerComposite {
  TypeId composite;
  std::string dimensions;  ///< `[2][3]`
};

std::optional<InnerComposite> inner_composite(const Btf& btf, TypeId id) {
  InnerComposite result{id, {}};
  for (int step = 0; step < max_chain; ++step) {
    const TypeView type = btf.type(result.composite);
    if (is_composite(type.kind())) return type.is_named() ? std::nullopt : std::optional(std::move(result));
    if (type.kind() == Kind::array) {
      result.dimensions += fmt::format("[{}]", type.element_count());
      result.composite = type.element();
    } else if (is_modifier(type.kind())) {
      result.composite = type.target();
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

/// Writes one composite line by line.
class LayoutText {
 public:
  LayoutText(const Btf& btf, const LayoutOptions& options, TextBuffer& out)
      : btf_(btf), options_(options), out_(out), budget_(max_lines) {}

  void write(const Shown& what) {
    const TypeView composite = btf_.type(what.composite);
    const bool is_typedef = what.named.kind() == Kind::typedef_;
    line(0, fmt::format("{}{}{}{} {{", is_typedef ? "typedef " : "", keyword(composite),
                        composite.is_named() ? " " : "", composite.name()));
    const CompositeLayout layout = layout_of(btf_, what.composite);
    members(what.composite, layout, 1, 0);
    totals(composite, layout);
    line(0, is_typedef ? fmt::format("}} {};\n", what.named.name()) : "};\n");
    out_.finish();
  }

 private:
  static constexpr std::size_t comment_column = 56;
  static constexpr std::size_t tab = 8;

  void line(unsigned level, std::string_view text) {
    out_.put_text(std::string(level, '\t'));
    out_.put_text(text);
    out_.put('\n');
  }
  void placed(unsigned level, std::string text, const MemberLayout& place, std::uint64_t base) {
    const std::size_t width = tab * level + text.size();
    if (width < comment_column) text.append(comment_column - width, ' ');
    const std::uint64_t offset = base + place.offset;
    if (place.bitfield_size == 0) {
      line(level, fmt::format("{} /* {:>6}    {:>5} */", text, offset, place.size));
    } else {
      line(level, fmt::format("{} /* {:>6}:{:<2} {:>5} */", text, offset, place.bit_offset, place.size));
    }
  }
  void hole(unsigned level, std::uint32_t bytes, std::uint32_t bits) {
    if (bits != 0) line(level, fmt::format("/* hole: {} bit{} */", bits, bits == 1 ? "" : "s"));
    if (bytes != 0) line(level, fmt::format("/* hole: {} byte{} */", bytes, bytes == 1 ? "" : "s"));
  }
  /// Marks the cacheline that begins at or before `offset`, if it was not marked yet.
  void boundary(unsigned level, std::uint64_t offset) {
    const std::uint64_t number = offset / options_.cacheline;
    if (number <= cacheline_) return;
    cacheline_ = number;
    const std::uint64_t start = number * options_.cacheline, past = offset - start;
    line(level, past == 0 ? fmt::format("/* --- cacheline {} ({} bytes) --- */", number, start)
                          : fmt::format("/* --- cacheline {} ({} bytes) began {} byte{} ago --- */", number, start,
                                        past, past == 1 ? "" : "s"));
  }

  void members(TypeId id, const CompositeLayout& layout, unsigned level, std::uint64_t base) {
    WorkBudget::check_depth(level, id);
    const TypeView type = btf_.type(id);
    const std::uint64_t outer_cacheline = cacheline_;
    std::uint64_t furthest = cacheline_;
    hole(level, layout.first_hole, layout.first_bit_hole);
    for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
      budget_.spend(id);
      const Member member = type.member(i);
      const MemberLayout& place = layout.members[i];
      if (type.kind() == Kind::union_) cacheline_ = outer_cacheline;  // every alternative begins anew
      boundary(level, base + place.offset);
      member_lines(type, member, place, level, base);
      hole(level, place.hole, place.bit_hole);
      furthest = std::max(furthest, cacheline_);
    }
    cacheline_ = furthest;
  }

  void member_lines(TypeView owner, const Member& member, const MemberLayout& place, unsigned level,
                    std::uint64_t base) {
    std::string name(owner.btf().string(member.name));
    if (const auto inner = inner_composite(btf_, member.type)) {
      const TypeView composite = btf_.type(inner->composite);
      line(level, fmt::format("{} {{", keyword(composite)));
      members(inner->composite, layout_of(btf_, inner->composite), level + 1, base + place.offset);
      name += inner->dimensions;
      placed(level, fmt::format("}}{}{};", name.empty() ? "" : " ", name), place, base);
      return;
    }
    if (place.bitfield_size != 0) name += fmt::format(":{}", place.bitfield_size);
    placed(level, spell_type(btf_, member.type, name) + ";", place, base);
  }

  void totals(TypeView type, const CompositeLayout& layout) {
    out_.put('\n');
    const std::uint64_t lines = lines_of(type.size(), options_.cacheline);
    line(1, fmt::format("/* size: {}, cachelines: {}, members: {} */", type.size(), lines, type.vlen()));
    if (layout.holes != 0 || layout.sum_bitfields != 0) {
      line(1, fmt::format("/* sum members: {}, holes: {}, sum holes: {} */", layout.sum_members, layout.holes,
                          layout.sum_holes));
    }
    if (layout.sum_bitfields != 0) {
      line(1, fmt::format("/* sum bitfields: {} bits, bit holes: {}, sum bit holes: {} bits */", layout.sum_bitfields,
                          layout.bit_holes, layout.sum_bit_holes));
    }
    if (layout.padding != 0) line(1, fmt::format("/* padding: {} */", layout.padding));
    if (layout.bit_padding != 0) line(1, fmt::format("/* bit padding: {} bits */", layout.bit_padding));
    if (const std::uint32_t rest = type.size() % options_.cacheline; rest != 0) {
      line(1, fmt::format("/* last cacheline: {} bytes */", rest));
    }
  }

  const Btf& btf_;
  const LayoutOptions& options_;
  TextCursor out_;
  WorkBudget budget_;
  std::uint64_t cacheline_ = 0;  // the last that was marked
};

/// Makes the record of one composite.
class LayoutRecord {
 public:
  LayoutRecord(const Btf& btf, const LayoutOptions& options) : btf_(btf), options_(options), budget_(max_lines) {}

  JsonRecord make(TypeId id, const Shown& what) {
    const TypeView type = btf_.type(what.composite);
    const CompositeLayout layout = layout_of(btf_, what.composite);
    JsonRecord record;
    record["id"] = raw(id);
    record["kind"] = kind_info(type.kind()).name;
    record["name"] = what.named.name();
    record["size"] = type.size();
    record["cachelines"] = lines_of(type.size(), options_.cacheline);
    record["last_cacheline"] = type.size() % options_.cacheline;
    record["sum_members"] = layout.sum_members;
    record["sum_bitfields"] = layout.sum_bitfields;
    record["holes"] = layout.holes;
    record["sum_holes"] = layout.sum_holes;
    record["bit_holes"] = layout.bit_holes;
    record["sum_bit_holes"] = layout.sum_bit_holes;
    record["padding"] = layout.padding;
    record["bit_padding"] = layout.bit_padding;
    record["members"] = members(what.composite, layout, 0, 0);
    return record;
  }

 private:
  static constexpr unsigned max_depth = 200;  // of documents, which are walked recursively

  JsonRecord members(TypeId id, const CompositeLayout& layout, std::uint64_t base, unsigned depth) {
    WorkBudget::check_depth(depth < max_depth ? depth : WorkBudget::max_depth + 1, id);
    const TypeView type = btf_.type(id);
    JsonRecord list = JsonRecord::array();
    for (std::uint32_t i = 0, n = type.vlen(); i < n; ++i) {
      budget_.spend(id);
      const Member member = type.member(i);
      const MemberLayout& place = layout.members[i];
      JsonRecord record;
      record["name"] = type.btf().string(member.name);
      record["type"] = spell_type(btf_, member.type);
      record["type_id"] = raw(member.type);
      record["offset"] = base + place.offset;
      record["size"] = place.size;
      if (place.bitfield_size != 0) {
        record["bit_offset"] = place.bit_offset;
        record["bitfield_size"] = place.bitfield_size;
      }
      record["cacheline"] = (base + place.offset) / options_.cacheline;
      if (place.hole != 0) record["hole"] = place.hole;
      if (place.bit_hole != 0) record["bit_hole"] = place.bit_hole;
      if (const auto inner = inner_composite(btf_, member.type)) {
        record["members"] =
            members(inner->composite, layout_of(btf_, inner->composite), base + place.offset, depth + 1);
      }
      list.push_back(std::move(record));
    }
    return list;
  }

  const Btf& btf_;
  const LayoutOptions& options_;
  WorkBudget budget_;
};

}  // namespace

void dump_layout(const Btf& btf, const TypeSelection& types, const LayoutOptions& options, Output& out, unsigned jobs) {
  format_in_chunks(types.size(), jobs, out, [&](TextBuffer& buffer, std::size_t i) {
    if (const auto what = shown(btf, types[i], options)) LayoutText(btf, options, buffer).write(*what);
  });
}

void dump_layout_json(const Btf& btf, const TypeSelection& types, const LayoutOptions& options, bool pretty,
                      Output& out) {
  JsonResults results(out, pretty);
  std::uint64_t count = 0, bytes = 0, with_holes = 0, hole_bytes = 0, padding = 0;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const auto what = shown(btf, types[i], options);
    if (!what) continue;
    const CompositeLayout layout = layout_of(btf, what->composite);
    ++count;
    bytes += btf.type(what->composite).size();
    with_holes += layout.holes != 0 ? 1 : 0;
    hole_bytes += layout.sum_holes;
    padding += layout.padding;
    results.add(LayoutRecord(btf, options).make(types[i], *what));
  }
  JsonRecord summary;
  summary["composites"] = count;
  summary["sum_size"] = bytes;
  summary["with_holes"] = with_holes;
  summary["sum_holes"] = hole_bytes;
  summary["sum_padding"] = padding;
  results.finish(summary);
}

}  // namespace btfx
