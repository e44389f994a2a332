#include "emit/dump/layout_page.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "btf/composite_layout.h"
#include "btf/spelling.h"
#include "emit/dump/layout_walk.h"

namespace btfx {

namespace {

using Json = nlohmann::json;

constexpr std::size_t max_data = 16'000'000;  // bytes of the page from which on composites are left out
constexpr unsigned most_levels = 200;         // of documents, which are walked recursively

/// Makes the data of the page's script:
///
///     cacheline  bytes
///     spellings  of the types of members, each once
///     types      [name, size, members, holes, bytes of holes, padding, is a union, what answers the query]; a member
///     is
///                [name, number of its type's spelling, offset, size, hole behind it, padding in it, bit offset, bits,
///                inner members], where offsets count from the start of the whole, and zeros at the end are left out
class LayoutData {
 public:
  LayoutData(const Btf& btf, const CompositeLayouts& layouts, const LayoutOptions& options)
      : btf_(btf), layouts_(layouts), options_(options) {}

  void add(const LayoutAnswer& answer) {
    const TypeView composite = btf_.type(answer.composite);
    const CompositeLayout layout = layouts_.of(answer.composite);
    LayoutWalk walk(btf_, layouts_, options_.expand, most_levels);
    Json members = members_of(answer.composite, layout, 0, walk);
    const Json record{spell_name(btf_.type(answer.id)),
                      composite.size(),
                      std::move(members),
                      layout.holes,
                      layout.sum_holes,
                      layout.padding,
                      composite.kind() == Kind::union_,
                      answer.matches};
    if (!types_.empty()) types_ += ",\n";
    types_ += json_in_html(record);
    bytes_ += composite.size();
    hole_bytes_ += layout.sum_holes;
    with_holes_ += layout.holes != 0 ? 1 : 0;
  }

  [[nodiscard]] bool is_full() const { return types_.size() > max_data; }

  [[nodiscard]] std::string summary(std::size_t shown) const {
    return fmt::format("{}, {} bytes; {} with holes, {} bytes in all", counted(shown, "type"), bytes_, with_holes_,
                       hole_bytes_);
  }

  [[nodiscard]] std::string json() const {
    return fmt::format("{{\"cacheline\":{},\n\"spellings\":{},\n\"types\":[{}]}}", options_.cacheline,
                       json_in_html(spellings_), types_);
  }

 private:
  Json members_of(TypeId id, const CompositeLayout& layout, std::uint64_t base, LayoutWalk& walk) {
    Json list = Json::array();
    walk.members(id, layout, base, [&](const LayoutMember& member) {
      const MemberLayout& place = member.place;
      Json inner_members = 0;
      if (member.inner) {
        inner_members = members_of(member.inner->composite, walk.inner_layout(member), member.offset, walk);
      }
      std::string name(member.name);
      if (place.bitfield_size != 0) name += fmt::format(":{}", place.bitfield_size);
      Json record = Json::array({std::move(name), spelling(member.type), member.offset, place.size, place.hole,
                                 place.padding, place.bit_offset, place.bitfield_size, std::move(inner_members)});
      while (record.back() == 0) record.erase(record.size() - 1);
      list.push_back(std::move(record));
    });
    return list;
  }

  std::size_t spelling(TypeId type) {
    const auto [known, is_new] = spelling_numbers_.try_emplace(raw(type), spellings_.size());
    if (is_new) spellings_.push_back(spell_type(btf_, type));
    return known->second;
  }

  const Btf& btf_;
  const CompositeLayouts& layouts_;
  const LayoutOptions& options_;
  std::string types_;
  std::vector<std::string> spellings_;
  std::unordered_map<std::uint32_t, std::size_t> spelling_numbers_;
  std::uint64_t bytes_ = 0, hole_bytes_ = 0;
  std::size_t with_holes_ = 0;
};

}  // namespace

std::size_t write_layout_page(const Btf& btf, const TypeSelection& types, const LayoutOptions& options,
                              const std::string& title, const PageOrigin& origin, Output& out) {
  const CompositeLayouts layouts(btf, options.cacheline);
  const std::vector<LayoutAnswer> answers = find_layouts(btf, layouts, types, options.query, options.anonymous);
  LayoutData data(btf, layouts, options);
  std::size_t shown = 0;
  for (; shown < answers.size() && !data.is_full(); ++shown) data.add(answers[shown]);

  const std::string whole_title = html_escaped("Layouts: " + title);
  out.write(html_begin({"frame", "list", "layout"}, whole_title));
  out.write(fmt::format("<header><h1>{}</h1>\n{}<p class=\"summary\">{}</p>\n", whole_title, html_origin(origin),
                        html_escaped(data.summary(shown))));
  if (shown < answers.size()) {
    out.write(
        fmt::format("<p class=\"cut\">This page is kept small: {} more are left out. Words such as <code>name"
                    "</code> or <code>holes</code> ask for fewer.</p>\n",
                    answers.size() - shown));
  }
  out.write("</header>\n");
  out.write(html_list("<label><input id=\"bad\" type=\"checkbox\"> only what has holes</label>"));
  out.write(html_data(data.json()));
  out.write(html_end({"list", "layout"}));
  return answers.size();
}

}  // namespace btfx
