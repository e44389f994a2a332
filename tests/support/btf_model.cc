#include "support/btf_model.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "btf/builder.h"

namespace btfx::test {

ModelElement& ModelType::element(std::string_view element_name) {
  const auto found = std::ranges::find(elements, element_name, &ModelElement::name);
  if (found == elements.end()) throw std::out_of_range("no element " + std::string(element_name));
  return *found;
}

BtfModel::BtfModel(const Btf& btf) {
  for (TypeId id = btf.first_id(); id != btf.end_id(); ++id) {
    const TypeView view = btf.type(id);
    const KindInfo& kind = kind_info(view.kind());
    ModelType type{view.kind(), std::string(view.name()), view.kind_flag(), view.words()[2], 0, {}, {}};
    if (type.kind == Kind::func) type.linkage = view.vlen();
    const std::uint32_t* word = view.payload();
    type.fixed.assign(word, word + kind.fixed_words);
    word += kind.fixed_words;
    for (std::uint32_t i = 0; kind.element_words != 0 && i < view.vlen(); ++i, word += kind.element_words) {
      ModelElement element{{}, {word, word + kind.element_words}};
      if (kind.element_name >= 0) {
        element.name = btf.string(StringOffset{word[static_cast<std::size_t>(kind.element_name)]});
      }
      type.elements.push_back(std::move(element));
    }
    types.push_back(std::move(type));
  }
}

BtfPtr BtfModel::build(ByteOrder order) const {
  BtfBuilder builder;
  for (const ModelType& type : types) {
    const KindInfo& kind = kind_info(type.kind);
    const auto count = type.kind == Kind::func ? type.linkage : static_cast<std::uint32_t>(type.elements.size());
    std::vector<std::uint32_t> words{raw(builder.name(type.name)), InfoWord(type.kind, count, type.kind_flag).word,
                                     type.size_or_type};
    words.insert(words.end(), type.fixed.begin(), type.fixed.end());
    for (const ModelElement& element : type.elements) {
      const std::size_t start = words.size();
      words.insert(words.end(), element.words.begin(), element.words.end());
      if (kind.element_name >= 0) {
        words[start + static_cast<std::size_t>(kind.element_name)] = raw(builder.name(element.name));
      }
    }
    builder.add(words);
  }
  return builder.build(order);
}

std::uint32_t BtfModel::id(Kind kind, std::string_view name) {
  const auto found = std::ranges::find_if(types, [&](const ModelType& t) { return t.kind == kind && t.name == name; });
  if (found == types.end()) throw std::out_of_range("no type " + std::string(name));
  return static_cast<std::uint32_t>(found - types.begin()) + 1;
}

ModelType& BtfModel::type(Kind kind, std::string_view name) {
  return types[id(kind, name) - 1];
}

std::uint32_t BtfModel::add(ModelType type) {
  types.push_back(std::move(type));
  return static_cast<std::uint32_t>(types.size());
}

template <typename Visit>
void BtfModel::visit_ids(ModelType& type, Visit&& visit) {
  const KindInfo& kind = kind_info(type.kind);
  if (kind.size_or_type == SizeOrType::type) visit(type.size_or_type);
  for (std::size_t i = 0; i < kind.fixed_types; ++i) visit(type.fixed[i]);
  if (kind.element_type < 0) return;
  for (ModelElement& element : type.elements) visit(element.words[static_cast<std::size_t>(kind.element_type)]);
}

void BtfModel::remove(std::uint32_t id) {
  types.erase(types.begin() + (id - 1));
  for (ModelType& type : types) {
    visit_ids(type, [&](std::uint32_t& target) {
      if (target == id) throw std::logic_error("a removed type is still referred to");
      if (target > id) --target;
    });
  }
}

void BtfModel::reorder(const std::vector<std::uint32_t>& order) {
  std::vector<std::uint32_t> place(types.size() + 1);
  std::vector<ModelType> reordered;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    place[order[i] + 1] = i + 1;
    reordered.push_back(std::move(types[order[i]]));
  }
  types = std::move(reordered);
  for (ModelType& type : types) visit_ids(type, [&](std::uint32_t& target) { target = place[target]; });
}

void BtfModel::permute(std::mt19937& random) {
  std::vector<std::uint32_t> order(types.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::shuffle(order, random);
  reorder(order);
}

void BtfModel::sort() {
  std::vector<std::uint32_t> order(types.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return types[i].name; });
  reorder(order);
}

void BtfModel::duplicate() {
  const auto count = static_cast<std::uint32_t>(types.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    ModelType copy = types[i];
    visit_ids(copy, [&](std::uint32_t& target) {
      if (target != 0) target += count;
    });
    types.push_back(std::move(copy));
  }
}

}  // namespace btfx::test
