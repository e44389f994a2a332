#include "emit/dump/dump_layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/counted.h"
#include "base/palette.h"
#include "base/printable.h"
#include "btf/composite_layout.h"
#include "btf/spelling.h"
#include "emit/dump/chunks.h"
#include "emit/dump/layout_walk.h"
#include "emit/dump/text_buffer.h"
#include "emit/report/json_results.h"

namespace btfx {

namespace {

constexpr std::size_t composites_at_a_time = 256;
constexpr unsigned max_levels = 1000;  // of nested composites, each of which takes a frame of the stack

std::string_view keyword(TypeView composite) {
  return composite.kind() == Kind::union_ ? "union" : "struct";
}

std::uint64_t lines_of(std::uint64_t bytes, std::uint32_t cacheline) {
  return (bytes + cacheline - 1) / cacheline;
}

/// The selected composites that answer the query; as a table they are sorted by size, then by name.
std::vector<LayoutAnswer> answers_of(const Btf& btf, const CompositeLayouts& layouts, const TypeSelection& types,
                                     const LayoutOptions& options) {
  std::vector<LayoutAnswer> answers = find_layouts(btf, layouts, types, options.query, options.anonymous);
  if (!options.sizes) return answers;
  std::ranges::stable_sort(answers, [&](const LayoutAnswer& a, const LayoutAnswer& b) {
    const std::uint32_t size_a = btf.type(a.composite).size(), size_b = btf.type(b.composite).size();
    return size_a != size_b ? size_a > size_b : btf.type(a.id).name() < btf.type(b.id).name();
  });
  return answers;
}

/// Writes one composite line by line.
class LayoutText {
 public:
  LayoutText(const Btf& btf, const CompositeLayouts& layouts, const LayoutOptions& options, bool escapes,
             TextBuffer& out)
      : btf_(btf),
        layouts_(layouts),
        options_(options),
        escapes_(escapes),
        out_(out),
        walk_(btf, layouts, options.expand, max_levels) {}

  void write(const LayoutAnswer& what) {
    const TypeView composite = btf_.type(what.composite), named = btf_.type(what.id);
    const bool is_typedef = named.kind() == Kind::typedef_;
    line(0,
         fmt::format("{}{}{}{} {{", is_typedef ? "typedef " : "", keyword(composite), composite.is_named() ? " " : "",
                     composite.name()),
         Paint::bold);
    const CompositeLayout layout = layouts_.of(what.composite);
    members(what.composite, layout, 1, 0);
    totals(composite, layout);
    line(0, is_typedef ? fmt::format("}} {};\n", named.name()) : "};\n");
    out_.finish();
  }

 private:
  static constexpr std::size_t comment_column = 56;
  static constexpr std::size_t tab = 8;

  void line(unsigned level, std::string_view text, Paint paint = Paint::plain) {
    out_.put_text(std::string(level, '\t'));
    // A text may end with an empty line.
    const bool has_end = text.ends_with('\n');
    text.remove_suffix(has_end ? 1 : 0);
    if (options_.color && paint != Paint::plain) {
      out_.put_text(painted(paint, escapes_ ? printable(text) : std::string(text)));
    } else if (escapes_) {
      out_.put_text(printable(text));
    } else {
      out_.put_text(text);
    }
    if (has_end) out_.put('\n');
    out_.put('\n');
  }
  void placed(unsigned level, std::string text, const LayoutMember& member) {
    const MemberLayout& place = member.place;
    const std::size_t width = tab * level + text.size();
    if (width < comment_column) text.append(comment_column - width, ' ');
    text += " /* ";
    append_right(text, member.offset, 6);
    if (place.bitfield_size == 0) {
      text += "    ";
    } else {
      const fmt::format_int bit(place.bit_offset);
      text.append(":").append(bit.data(), bit.size()).append(bit.size() < 2 ? "  " : " ");
    }
    append_right(text, place.size, 5);
    text += " */";
    line(level, text);
  }
  static void append_right(std::string& text, std::uint64_t number, std::size_t width) {
    const fmt::format_int digits(number);
    if (digits.size() < width) text.append(width - digits.size(), ' ');
    text.append(digits.data(), digits.size());
  }
  void hole(unsigned level, std::uint32_t bytes, std::uint32_t bits) {
    if (bits != 0) line(level, fmt::format("/* hole: {} */", counted(bits, "bit")), Paint::yellow);
    if (bytes != 0) line(level, fmt::format("/* hole: {} */", counted(bytes, "byte")), Paint::yellow);
  }
  /// Marks the cacheline that begins at or before `offset`, if it was not marked yet.
  void boundary(unsigned level, std::uint64_t offset) {
    const std::uint64_t number = offset / options_.cacheline;
    if (number <= cacheline_) return;
    cacheline_ = number;
    const std::uint64_t start = number * options_.cacheline, past = offset - start;
    line(level,
         past == 0
             ? fmt::format("/* --- cacheline {} ({} bytes) --- */", number, start)
             : fmt::format("/* --- cacheline {} ({} bytes) began {} ago --- */", number, start, counted(past, "byte")),
         Paint::cyan);
  }

  void members(TypeId id, const CompositeLayout& layout, unsigned level, std::uint64_t base) {
    const bool is_union = btf_.type(id).kind() == Kind::union_;
    const std::uint64_t outer_cacheline = cacheline_;
    std::uint64_t furthest = cacheline_;
    hole(level, layout.first_hole, layout.first_bit_hole);
    walk_.members(id, layout, base, [&](const LayoutMember& member) {
      if (is_union) cacheline_ = outer_cacheline;  // every alternative begins anew
      boundary(level, member.offset);
      member_lines(member, level);
      hole(level, member.place.hole, member.place.bit_hole);
      furthest = std::max(furthest, cacheline_);
    });
    cacheline_ = furthest;
  }

  void member_lines(const LayoutMember& member, unsigned level) {
    const MemberLayout& place = member.place;
    std::string name(member.name);
    std::string end = ";";
    if (place.alignment != 0) end = fmt::format(" __attribute__((__aligned__({})));", place.alignment);
    if (member.inner) {
      const TypeView composite = btf_.type(member.inner->composite);
      line(level, fmt::format("{}{}{} {{", keyword(composite), composite.is_named() ? " " : "", composite.name()));
      members(member.inner->composite, walk_.inner_layout(member), level + 1, member.offset);
      name += member.inner->dimensions;
      placed(level, fmt::format("}}{}{}{}", name.empty() ? "" : " ", name, end), member);
    } else {
      if (place.bitfield_size != 0) name += fmt::format(":{}", place.bitfield_size);
      placed(level, spell_type(btf_, member.type, name) + end, member);
    }
    if (place.padding != 0) {
      line(level, fmt::format("/* {} of padding in it */", counted(place.padding, "byte")), Paint::yellow);
    }
  }

  void total(std::string_view text, Paint paint = Paint::dim) { line(1, text, paint); }
  void totals(TypeView type, const CompositeLayout& layout) {
    out_.put('\n');
    const std::uint64_t lines = lines_of(type.size(), options_.cacheline);
    total(fmt::format("/* size: {}, cachelines: {}, members: {} */", type.size(), lines, type.vlen()));
    if (layout.holes != 0 || layout.sum_bitfields != 0) {
      total(fmt::format("/* sum members: {}, holes: {}, sum holes: {} */", layout.sum_members, layout.holes,
                        layout.sum_holes));
    }
    if (layout.sum_bitfields != 0) {
      total(fmt::format("/* sum bitfields: {} bits, bit holes: {}, sum bit holes: {} bits */", layout.sum_bitfields,
                        layout.bit_holes, layout.sum_bit_holes));
    }
    if (layout.padding != 0) total(fmt::format("/* padding: {} */", layout.padding), Paint::yellow);
    if (layout.bit_padding != 0) total(fmt::format("/* bit padding: {} bits */", layout.bit_padding), Paint::yellow);
    if (layout.paddings != 0) {
      total(fmt::format("/* paddings: {}, sum paddings: {} */", layout.paddings, layout.sum_paddings));
    }
    if (layout.forced_alignments != 0) {
      total(layout.forced_holes == 0
                ? fmt::format("/* forced alignments: {} */", layout.forced_alignments)
                : fmt::format("/* forced alignments: {}, forced holes: {}, sum forced holes: {} */",
                              layout.forced_alignments, layout.forced_holes, layout.sum_forced_holes));
    }
    if (!layout.in_order) total("/* members are not in the order of their offsets */", Paint::yellow);
    if (layout.overlap != 0) total(fmt::format("/* overlapping: {} bits */", layout.overlap), Paint::red);
    if (layout.outside != 0) total(fmt::format("/* behind the end: {} bits */", layout.outside), Paint::red);
    if (const std::uint32_t rest = type.size() % options_.cacheline; rest != 0) {
      total(fmt::format("/* last cacheline: {} bytes */", rest));
    }
  }

  const Btf& btf_;
  const CompositeLayouts& layouts_;
  const LayoutOptions& options_;
  const bool escapes_;
  TextCursor out_;
  LayoutWalk walk_;
  std::uint64_t cacheline_ = 0;  // the last that was marked
};

/// Makes the record of one composite.
class LayoutRecord {
 public:
  LayoutRecord(const Btf& btf, const CompositeLayouts& layouts, const LayoutOptions& options)
      : btf_(btf), options_(options), walk_(btf, layouts, options.expand, max_depth) {}

  JsonRecord make(const LayoutAnswer& what, const CompositeLayout& layout) {
    const TypeView type = btf_.type(what.composite);
    JsonRecord record;
    record["id"] = raw(what.id);
    record["kind"] = kind_info(type.kind()).name;
    record["name"] = btf_.type(what.id).name();
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
    record["paddings"] = layout.paddings;
    record["sum_paddings"] = layout.sum_paddings;
    record["forced_alignments"] = layout.forced_alignments;
    record["forced_holes"] = layout.forced_holes;
    record["sum_forced_holes"] = layout.sum_forced_holes;
    if (!layout.in_order) record["in_order"] = false;
    if (layout.overlap != 0) record["overlap"] = layout.overlap;
    if (layout.outside != 0) record["outside"] = layout.outside;
    if (!what.matches.empty()) record["matches"] = what.matches;
    if (!options_.sizes) record["members"] = members(what.composite, layout, 0);
    return record;
  }

 private:
  static constexpr unsigned max_depth = 200;  // of documents, which are walked recursively

  JsonRecord members(TypeId id, const CompositeLayout& layout, std::uint64_t base) {
    JsonRecord list = JsonRecord::array();
    walk_.members(id, layout, base, [&](const LayoutMember& member) {
      const MemberLayout& place = member.place;
      JsonRecord record;
      record["name"] = member.name;
      record["type"] = spell_type(btf_, member.type);
      record["type_id"] = raw(member.type);
      record["offset"] = member.offset;
      record["size"] = place.size;
      if (place.bitfield_size != 0) {
        record["bit_offset"] = place.bit_offset;
        record["bitfield_size"] = place.bitfield_size;
      }
      record["cacheline"] = member.offset / options_.cacheline;
      if (place.hole != 0) record["hole"] = place.hole;
      if (place.bit_hole != 0) record["bit_hole"] = place.bit_hole;
      if (place.padding != 0) record["padding"] = place.padding;
      if (place.alignment != 0) record["alignment"] = place.alignment;
      if (member.inner) {
        record["members"] = members(member.inner->composite, walk_.inner_layout(member), member.offset);
      }
      list.push_back(std::move(record));
    });
    return list;
  }

  const Btf& btf_;
  const LayoutOptions& options_;
  LayoutWalk walk_;
};

/// A line of the table, or its head.
std::string table_line(const Btf& btf, const LayoutAnswer& answer, const CompositeLayout& layout,
                       const LayoutOptions& options) {
  const TypeView type = btf.type(answer.composite);
  std::string text =
      fmt::format("{:>10} {:>10} {:>7} {:>5} {:>10} {:>7}  {}", type.size(), lines_of(type.size(), options.cacheline),
                  type.vlen(), layout.holes, layout.sum_holes, layout.padding, spell_name(btf.type(answer.id)));
  if (!answer.matches.empty()) text += fmt::format(": {}", fmt::join(answer.matches, ", "));
  return printable(text) + '\n';
}
constexpr std::string_view table_head = "      size cachelines members holes hole bytes padding  name\n";

}  // namespace

std::size_t dump_layout(const Btf& btf, const TypeSelection& types, const LayoutOptions& options, Output& out,
                        unsigned jobs) {
  const CompositeLayouts layouts(btf, options.cacheline);
  const std::vector<LayoutAnswer> answers = answers_of(btf, layouts, types, options);
  const bool escapes = may_be_unprintable(btf);
  if (options.sizes && !answers.empty()) out.write(table_head);
  format_in_chunks(
      answers.size(), jobs, out,
      [&](TextBuffer& buffer, std::size_t i) {
        if (options.sizes) {
          TextCursor line(buffer);
          line.put_text(table_line(btf, answers[i], layouts.of(answers[i].composite), options));
          line.finish();
        } else {
          LayoutText(btf, layouts, options, escapes, buffer).write(answers[i]);
        }
      },
      composites_at_a_time);
  return answers.size();
}

std::size_t dump_layout_json(const Btf& btf, const TypeSelection& types, const LayoutOptions& options, bool pretty,
                             Output& out) {
  const CompositeLayouts layouts(btf, options.cacheline);
  const std::vector<LayoutAnswer> answers = answers_of(btf, layouts, types, options);
  JsonResults results(out, pretty);
  std::uint64_t bytes = 0, with_holes = 0, hole_bytes = 0, padding = 0;
  for (const LayoutAnswer& answer : answers) {
    const CompositeLayout layout = layouts.of(answer.composite);
    bytes += btf.type(answer.composite).size();
    with_holes += layout.holes != 0 ? 1 : 0;
    hole_bytes += layout.sum_holes;
    padding += layout.padding;
    results.add(LayoutRecord(btf, layouts, options).make(answer, layout));
  }
  JsonRecord summary;
  summary["composites"] = answers.size();
  summary["sum_size"] = bytes;
  summary["with_holes"] = with_holes;
  summary["sum_holes"] = hole_bytes;
  summary["sum_padding"] = padding;
  results.finish(summary);
  return answers.size();
}

}  // namespace btfx
