#include "transform/ids/implicit_args.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "btf/builder.h"
#include "btf/kfunc_flags.h"
#include "btf/measure.h"
#include "btf/names.h"

namespace btfx {

namespace {

constexpr std::string_view kfunc_tag = "bpf_kfunc";
constexpr std::size_t longest_name = 511;  // KSYM_NAME_LEN without the NUL

bool any_implicit(const BtfIds& ids) {
  return std::ranges::any_of(ids.sets(), [&](const IdSet& set) {
    if (!set.pairs) return false;
    for (std::uint32_t word = set.first_id(); word < set.end(); word += set.stride()) {
      if ((ids.words()[word + 1] & kf_implicit_args) != 0) return true;
    }
    return false;
  });
}

/// The flags of each function: of those in the set with the greatest name, and there of the first symbol.
std::unordered_map<std::string_view, std::uint32_t> flags_of_functions(const BtfIds& ids) {
  struct Found {
    std::string_view set;
    std::uint32_t flags;
  };
  std::unordered_map<std::string_view, Found> found;
  for (const IdEntry& entry : ids.entries()) {
    if (entry.kind != Kind::func || entry.set < 0) continue;
    const IdSet& set = ids.sets()[static_cast<std::size_t>(entry.set)];
    if (!set.pairs) continue;
    const Found here{set.name, ids.words()[entry.word + 1]};
    const auto [at, is_new] = found.emplace(entry.name, here);
    if (!is_new && at->second.set < here.set) at->second = here;
  }
  std::unordered_map<std::string_view, std::uint32_t> flags;
  for (const auto& [name, at] : found) flags.emplace(name, at.flags);
  return flags;
}

bool is_implicit(const Btf& btf, TypeId param) {
  const TypeView pointer = btf.type(strip_modifiers(btf, param));
  if (pointer.kind() != Kind::ptr) return false;
  const TypeView target = btf.type(strip_modifiers(btf, pointer.target()));
  return target.kind() == Kind::struct_ && (target.name() == "bpf_prog_aux" || target.name() == "btf_struct_meta");
}

/// The strings of a BTF and its bases, and those added.
class Strings {
 public:
  explicit Strings(const Btf& btf) : own_(btf.own_strings()), end_(btf.string_end()) {
    std::vector<const Btf*> levels;
    for (const Btf* level = &btf; level != nullptr; level = level->base().get()) levels.push_back(level);
    for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
      const std::string_view strings = (*level)->own_strings();
      for (std::size_t at = 0; at < strings.size();) {
        const std::string_view text = strings.substr(at, strings.find('\0', at) - at);
        offsets_.emplace(text, (*level)->string_start() + static_cast<std::uint32_t>(at));
        at += text.size() + 1;
      }
    }
  }

  std::uint32_t add(const std::string& text) {
    const auto [at, is_new] = offsets_.emplace(text, end_);
    if (is_new) {
      own_.append(text.c_str(), text.size() + 1);
      end_ += static_cast<std::uint32_t>(text.size() + 1);
    }
    return at->second;
  }
  [[nodiscard]] const std::string& own() const { return own_; }

 private:
  std::string own_;
  std::uint32_t end_;
  std::unordered_map<std::string, std::uint32_t> offsets_;
};

class Splitter {
 public:
  explicit Splitter(const Btf& btf)
      : btf_(btf), words_(btf.own_words().begin(), btf.own_words().end()), strings_(btf) {}

  Bytes run(const std::vector<TypeId>& kfuncs) {
    for (const TypeId id : kfuncs) tags_[raw(id)];
    for (TypeId id{1}; id < btf_.end_id(); ++id) {
      const TypeView type = btf_.type(id);
      if (type.kind() != Kind::decl_tag || type.name() == kfunc_tag) continue;
      const auto at = tags_.find(raw(type.target()));
      if (at != tags_.end()) at->second.push_back(id);
    }
    // Now: the tags of every function are known, before any are added.
    for (const TypeId id : kfuncs) split(id);
    const std::uint32_t length = btf_.header().known_length();
    return assemble_btf(words_, strings_.own(), btf_.byte_order(), length, layout_section(btf_));
  }

 private:
  void split(TypeId function) {
    const std::string name = fmt::format("{}_impl", btf_.type(function).name());
    if (name.size() > longest_name) {
      throw Error(ErrorCode::malformed,
                  fmt::format("function {} has implicit arguments, but {} would have {} characters, more than the {} "
                              "that kernels take",
                              btf_.type(function).name(), name, name.size(), longest_name),
                  {.type_id = raw(function)});
    }
    // Copies, because records move when some are added.
    const std::vector<std::uint32_t> func = record(function);
    const std::vector<std::uint32_t> proto = record(TypeId{func[2]});
    if (!exists(name)) {
      const std::uint32_t impl = add({strings_.add(name), func[1], func[2]});
      impls_.emplace(name, impl);
      for (const TypeId tag : tags_[raw(function)]) {
        std::vector<std::uint32_t> copy = record(tag);
        copy[2] = impl;
        add(copy);
      }
    }
    std::vector<std::uint32_t> shown{0, 0, proto[2]};
    std::uint32_t params = 0;
    for (; params < InfoWord(proto[1]).vlen(); ++params) {
      const std::uint32_t* param = proto.data() + header_words + std::size_t{2} * params;
      if (is_implicit(btf_, TypeId{param[1]})) break;
      shown.insert(shown.end(), {param[0], param[1]});
    }
    shown[1] = InfoWord(Kind::func_proto, params, false).word;
    const std::uint32_t added = add(shown);
    if (function >= btf_.first_id()) words_[offset(function) + 2] = added;
  }

  [[nodiscard]] bool exists(const std::string& name) const {
    for (const Btf* level = &btf_; level != nullptr; level = level->base().get()) {
      if (level->names().find(name, Kind::func) != void_id) return true;
    }
    return impls_.contains(name);
  }

  /// Where an own record begins.
  [[nodiscard]] std::size_t offset(TypeId id) const {
    if (id >= btf_.end_id()) return added_[raw(id) - raw(btf_.end_id())];
    return static_cast<std::size_t>(btf_.type(id).words().data() - btf_.own_words().data());
  }
  [[nodiscard]] std::vector<std::uint32_t> record(TypeId id) const {
    if (id < btf_.first_id()) {
      const std::span<const std::uint32_t> words = btf_.type(id).words();
      return {words.begin(), words.end()};
    }
    const auto at = words_.begin() + static_cast<std::ptrdiff_t>(offset(id));
    return {at, at + static_cast<std::ptrdiff_t>(record_words(InfoWord(at[1])))};
  }
  std::uint32_t add(const std::vector<std::uint32_t>& words) {
    added_.push_back(words_.size());
    words_.insert(words_.end(), words.begin(), words.end());
    return raw(btf_.end_id()) + static_cast<std::uint32_t>(added_.size()) - 1;
  }

  const Btf& btf_;
  std::vector<std::uint32_t> words_;  // of all own types
  std::vector<std::size_t> added_;    // where the new records begin
  Strings strings_;
  std::unordered_map<std::uint32_t, std::vector<TypeId>> tags_;  // by function, without bpf_kfunc
  std::unordered_map<std::string, std::uint32_t> impls_;         // new functions
};

}  // namespace

std::vector<TypeId> implicit_kfuncs(const Btf& btf, const BtfIds& ids) {
  std::vector<TypeId> kfuncs;
  if (!any_implicit(ids)) return kfuncs;
  auto flags = flags_of_functions(ids);
  std::erase_if(flags, [](const auto& function) { return (function.second & kf_implicit_args) == 0; });
  if (flags.empty()) return kfuncs;
  for (TypeId id{1}; id < btf.end_id(); ++id) {
    const TypeView tag = btf.type(id);
    if (tag.kind() != Kind::decl_tag || tag.kind_flag() || tag.component() != -1 || tag.name() != kfunc_tag) continue;
    const TypeView function = btf.type(tag.target());
    if (function.kind() == Kind::func && flags.contains(function.name())) kfuncs.push_back(tag.target());
  }
  return kfuncs;
}

Bytes split_implicit_args(const Btf& btf, const std::vector<TypeId>& kfuncs) {
  if (btf.has_unknown_kinds()) {
    throw Error(ErrorCode::unsupported, "holds types of unknown kinds, to which none can be added");
  }
  return Splitter(btf).run(kfuncs);
}

}  // namespace btfx
