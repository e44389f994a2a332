#include "transform/diff/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/batch.h"
#include "base/glob.h"
#include "btf/declared.h"
#include "btf/kinds.h"
#include "btf/measure.h"
#include "btf/name_hash.h"
#include "btf/spelling.h"
#include "transform/diff/diff.h"
#include "transform/diff/fingerprints.h"

namespace btfx {

namespace {

using PrintsPtr = std::shared_ptr<const Fingerprints>;

constexpr std::size_t max_nesting = 32;      // of anonymous types within each other
constexpr std::size_t max_elements = 65536;  // of one declaration, those of anonymous types included

/// The elements of a declaration, in their order; of composites also the members of anonymous members.
std::vector<ElementState> elements_of(const Declared& declared) {
  std::vector<ElementState> elements;
  if (!declared.exists()) return elements;
  const Btf& btf = *declared.btf;
  const TypeView type = declared.view();
  if (is_enum(type.kind())) {
    for (std::uint32_t i = 0; i < type.vlen(); ++i) {
      elements.push_back({.name = std::string(btf.string(type.enumerator_name(i))),
                          .number = type.enumerator_value(i),
                          .is_signed = type.kind_flag()});
    }
  } else if (type.kind() == Kind::func) {
    const TypeView prototype = btf.type(type.target());
    if (prototype.kind() != Kind::func_proto) return elements;
    for (std::uint32_t i = 0; i < prototype.vlen(); ++i) {
      const Param param = prototype.param(i);
      if (raw(param.name) == 0) continue;
      elements.push_back(
          {.name = std::string(btf.string(param.name)), .type = spell_type(btf, param.type), .number = i});
    }
  } else if (is_composite(type.kind())) {
    struct Frame {
      TypeView type;
      std::uint32_t next;
      std::uint64_t bit_offset;
      std::string path;
    };
    std::vector<Frame> frames{{type, 0, 0, {}}};
    while (!frames.empty() && elements.size() < max_elements) {
      Frame& frame = frames.back();
      if (frame.next == frame.type.vlen()) {
        frames.pop_back();
        continue;
      }
      const Member member = frame.type.member(frame.next++);
      const std::string_view name = btf.string(member.name);
      const std::uint64_t bit_offset = frame.bit_offset + member.bit_offset;
      std::string path = name.empty()         ? frame.path
                         : frame.path.empty() ? std::string(name)
                                              : frame.path + "." + std::string(name);
      const TypeView inner = btf.type(strip_modifiers(btf, member.type));
      const bool is_nested = is_composite(inner.kind()) && inner.name().empty() && member.bitfield_size == 0 &&
                             frames.size() < max_nesting && path.size() < max_spelling;
      if (!name.empty()) {
        elements.push_back(
            {.name = path,
             .type = is_nested ? std::string(kind_info(inner.kind()).name == "UNION" ? "union {...}" : "struct {...}")
                               : spell_type(btf, member.type),
             .number = bit_offset,
             .bits = member.bitfield_size});
      }
      if (is_nested) frames.push_back({inner, 0, bit_offset, std::move(path)});
    }
  }
  return elements;
}

/// What elements were renamed to, by their old paths.
std::unordered_map<std::string, std::string> renamed_elements(const Change& change) {
  std::unordered_map<std::string, std::string> renamed;
  const auto replaced = [](const std::string& path, const std::string& end, const std::string& other) {
    return path.substr(0, path.size() - std::min(path.size(), end.size())) + other;
  };
  for (const Detail& detail : change.details) {
    const DetailFields fields = detail.fields();
    if (detail.kind() == DetailKind::member_renamed) {
      renamed.emplace(replaced(detail.name, *fields.new_text, *fields.old_text), detail.name);
    } else if (detail.kind() == DetailKind::enumerator_reused) {
      renamed.emplace(detail.name, replaced(detail.name, *fields.old_text, *fields.new_text));
    } else if (detail.kind() == DetailKind::param_renamed) {
      renamed.emplace(*fields.old_text, *fields.new_text);
    }
  }
  return renamed;
}

/// Follows the elements of one type through its stages.
std::vector<ElementHistory> trace_elements(const TypeHistory& type) {
  struct Track {
    std::vector<std::optional<ElementState>> states;  // by stage; missing at the end: none
  };
  std::vector<Track> tracks;
  std::unordered_map<std::string, std::size_t> track_of_name;  // the track that has, or last had, the name
  std::unordered_map<std::string, std::size_t> current;        // in the stage before
  for (std::size_t stage = 0; stage < type.stages.size(); ++stage) {
    std::unordered_map<std::string, std::string> old_names;  // by new name
    if (stage != 0) {
      for (auto& [before, after] : renamed_elements(type.changes[stage - 1])) old_names.emplace(after, before);
    }
    std::unordered_map<std::string, std::size_t> next;
    for (ElementState& element : elements_of(type.stages[stage].type)) {
      if (next.contains(element.name)) continue;  // a second of that name, as dups of padding may be
      std::size_t track = tracks.size();
      const auto old_name = old_names.find(element.name);
      const auto before = current.find(old_name == old_names.end() ? element.name : old_name->second);
      if (before != current.end()) {
        track = before->second;
      } else if (const auto known = track_of_name.find(element.name); known != track_of_name.end() &&
                                                                      !current.contains(element.name) &&
                                                                      tracks[known->second].states.size() < stage) {
        track = known->second;  // it was gone for a while
      }
      if (track == tracks.size()) tracks.emplace_back();
      tracks[track].states.resize(stage);
      next.emplace(element.name, track);
      track_of_name[element.name] = track;
      tracks[track].states.emplace_back(std::move(element));
    }
    current = std::move(next);
  }

  std::vector<ElementHistory> histories;
  for (Track& track : tracks) {
    track.states.resize(type.stages.size());
    ElementHistory& history = histories.emplace_back();
    for (std::size_t stage = 0; stage < type.stages.size(); ++stage) {
      std::vector<ElementStage>& stages = history.stages;
      if (!stages.empty() && stages.back().state == track.states[stage]) {
        stages.back().kernels.last = type.stages[stage].kernels.last;
      } else {
        stages.push_back({type.stages[stage].kernels, std::move(track.states[stage])});
      }
    }
  }
  return histories;
}

/// Whether an element differs between two kernels that have the type.
bool element_changed(const TypeHistory& type, const ElementHistory& element) {
  const auto type_exists_in = [&](const KernelRange& range) {
    return std::ranges::any_of(type.stages, [&](const TypeStage& stage) {
      return stage.type.exists() && stage.kernels.first <= range.last && range.first <= stage.kernels.last;
    });
  };
  const std::optional<ElementState>* first = nullptr;
  for (const ElementStage& stage : element.stages) {
    if (!stage.state && !type_exists_in(stage.kernels)) continue;
    if (first != nullptr && *first != stage.state) return true;
    first = &stage.state;
  }
  return false;
}

/// What was asked for about one declaration.
struct Wanted {
  bool whole = false;
  std::set<std::string> elements;  // patterns
};

class Tracer {
 public:
  Tracer(const std::vector<BtfPtr>& kernels, const HistoryRequest& request) : kernels_(kernels), request_(request) {}

  std::vector<TypeHistory> run() {
    compare_neighbours();
    find_seeds();
    std::vector<TypeHistory> histories = follow_seeds();
    std::erase_if(histories,
                  [&](const TypeHistory& history) { return request_.names.empty() && history.stages.size() == 1; });
    // By the time a name was given up, its bearers may be several.
    std::ranges::stable_sort(histories, {}, [](const TypeHistory& history) {
      const TypeView type = history.subject().view();
      return std::tuple(static_cast<int>(declared_kind(type)), type.name(), history.stages.front().kernels.first);
    });
    return histories;
  }

 private:
  /// A declaration of one kernel.
  struct Node {
    std::size_t kernel;
    TypeId id;
    auto operator<=>(const Node&) const = default;
  };
  struct Step {
    Diff diff;
    std::unordered_map<std::uint32_t, std::size_t> by_before, by_after;  // changes, by raw id
  };
  /// A row of declarations, each the next form of the one before; in consecutive kernels.
  struct Chain {
    std::size_t first;
    std::vector<TypeId> ids;
    Wanted wanted;
    [[nodiscard]] std::size_t end() const { return first + ids.size(); }
  };

  /// Compares each kernel with the next.
  void compare_neighbours() {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i + 1 < kernels_.size(); ++i) places.push_back(i);
    places.push_back(places.size());
    steps_.reserve(places.size());
    run_batch(
        places, request_.jobs,
        [&](std::size_t place) -> std::variant<Diff, PrintsPtr> {
          if (place + 1 == kernels_.size()) {
            auto last = std::make_shared<const Fingerprints>(kernels_[place]);
            static_cast<void>(last->declarations());  // here, on all threads
            return last;
          }
          return compare({kernels_[place]}, {kernels_[place + 1]});
        },
        [&](std::variant<Diff, PrintsPtr>&& done) {
          if (PrintsPtr* prints = std::get_if<PrintsPtr>(&done)) {
            prints_.push_back(std::move(*prints));
            return;
          }
          Step& step = steps_.emplace_back();
          step.diff = std::move(std::get<Diff>(done));
          prints_.push_back(step.diff.before);
          for (std::size_t i = 0; i < step.diff.changes.size(); ++i) {
            const Change& change = step.diff.changes[i];
            if (change.before.exists()) step.by_before.emplace(raw(change.before.id), i);
            if (change.after.exists()) step.by_after.emplace(raw(change.after.id), i);
          }
        });
  }

  /// What the patterns ask about a name; nothing when it is not among them.
  [[nodiscard]] Wanted wanted_of(const std::string& name) const {
    Wanted wanted;
    for (const std::string& pattern : request_.names) {
      if (matches_any_glob({&pattern, 1}, name.c_str())) {
        wanted.whole = true;
        continue;
      }
      const std::size_t dot = pattern.find('.', 1);
      if (dot == std::string::npos) continue;
      const std::string type = pattern.substr(0, dot);
      if (matches_any_glob({&type, 1}, name.c_str())) wanted.elements.insert(pattern.substr(dot + 1));
    }
    return wanted;
  }

  void find_seeds() {
    for (std::size_t i = 0; i < kernels_.size(); ++i) {
      if (request_.names.empty()) {
        if (i + 1 == kernels_.size()) continue;
        for (const Change& change : steps_[i].diff.changes) {
          if (change.subject().view().name().empty()) continue;
          if (change.before.exists()) seeds_[{i, change.before.id}].whole = true;
          if (change.after.exists()) seeds_[{i + 1, change.after.id}].whole = true;
        }
        continue;
      }
      for (const Declaration& declaration : prints_[i]->declarations()) {
        const TypeView type = kernels_[i]->type(declaration.id);
        if (type.name().empty()) continue;
        Wanted wanted = wanted_of(std::string(type.name()));
        if (wanted.whole || !wanted.elements.empty()) seeds_.emplace(Node{i, declaration.id}, std::move(wanted));
      }
    }
  }

  /// The declaration of `other` that says the same under the same name as one of `own` does.
  static std::optional<TypeId> same_in(const Fingerprints& own, TypeId id, const Fingerprints& other) {
    const TypeView type = own.btf().type(id);
    const std::uint64_t key = declaration_key(declared_kind(type), type.name());
    const std::uint64_t content = own.content(id);
    for (const Declaration& declaration : other.find(key)) {
      if (declaration.content == content) return declaration.id;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<TypeId> next_of(Node node) const {
    const Step& step = steps_[node.kernel];
    if (const auto found = step.by_before.find(raw(node.id)); found != step.by_before.end()) {
      const Declared& after = step.diff.changes[found->second].after;
      return after.exists() ? std::optional(after.id) : std::nullopt;
    }
    return same_in(*step.diff.before, node.id, *step.diff.after);
  }

  [[nodiscard]] std::optional<TypeId> previous_of(Node node) const {
    const Step& step = steps_[node.kernel - 1];
    if (const auto found = step.by_after.find(raw(node.id)); found != step.by_after.end()) {
      const Declared& before = step.diff.changes[found->second].before;
      return before.exists() ? std::optional(before.id) : std::nullopt;
    }
    return same_in(*step.diff.after, node.id, *step.diff.before);
  }

  std::vector<TypeHistory> follow_seeds() {
    std::map<Node, std::size_t> chain_of;
    std::vector<Chain> chains;
    for (auto& [seed, wanted] : seeds_) {
      const auto known = chain_of.find(seed);
      std::size_t number = chains.size();
      if (known != chain_of.end()) {
        number = known->second;
      } else {
        Node start = seed;
        while (start.kernel != 0) {
          const std::optional<TypeId> before = previous_of(start);
          if (!before || chain_of.contains({start.kernel - 1, *before})) break;
          start = {start.kernel - 1, *before};
        }
        Chain& chain = chains.emplace_back(Chain{start.kernel, {}, {}});
        for (Node node = start;;) {
          chain.ids.push_back(node.id);
          chain_of.emplace(node, number);
          if (node.kernel + 1 == kernels_.size()) break;
          const std::optional<TypeId> next = next_of(node);
          if (!next || chain_of.contains({node.kernel + 1, *next})) break;
          node = {node.kernel + 1, *next};
        }
      }
      chains[number].wanted.whole |= wanted.whole;
      chains[number].wanted.elements.merge(wanted.elements);
    }

    // What comes back after it was gone continues what ended under that name.
    using Name = std::pair<Kind, std::string_view>;
    const auto name_at = [&](const Chain& chain, std::size_t place) {
      const TypeView type = kernels_[chain.first + place]->type(chain.ids[place]);
      return Name(declared_kind(type), type.name());
    };
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < chains.size(); ++i) order.push_back(i);
    std::ranges::stable_sort(order, {},
                             [&](std::size_t i) { return std::pair(chains[i].first, chains[i].ids.front()); });
    std::map<Name, std::size_t> last_of;  // by the name at the end: places in `rows`
    std::vector<std::vector<std::size_t>> rows;
    for (const std::size_t i : order) {
      const Chain& chain = chains[i];
      const auto earlier = last_of.find(name_at(chain, 0));
      std::size_t row = rows.size();
      if (earlier != last_of.end() && chains[rows[earlier->second].back()].end() <= chain.first) {
        row = earlier->second;
      } else {
        rows.emplace_back();
      }
      rows[row].push_back(i);
      last_of[name_at(chain, chain.ids.size() - 1)] = row;
    }

    std::vector<TypeHistory> histories;
    for (const std::vector<std::size_t>& row : rows) {
      Wanted wanted;
      std::vector<TypeId> ids(kernels_.size(), void_id);
      for (const std::size_t i : row) {
        std::ranges::copy(chains[i].ids, ids.begin() + static_cast<std::ptrdiff_t>(chains[i].first));
        wanted.whole |= chains[i].wanted.whole;
        wanted.elements.merge(chains[i].wanted.elements);
      }
      TypeHistory history = history_of(ids);
      if (add_elements(wanted, history)) histories.push_back(std::move(history));
    }
    return histories;
  }

  /// Puts kernels together that declare the same.
  [[nodiscard]] TypeHistory history_of(const std::vector<TypeId>& ids) const {
    TypeHistory history;
    std::unordered_map<std::uint64_t, std::size_t> layouts;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const bool exists = ids[i] != void_id;
      const Change* change = i == 0 ? nullptr : change_between(i - 1, ids[i - 1], ids[i]);
      const bool continues = i != 0 && change == nullptr && (ids[i - 1] == void_id) == !exists;
      if (continues) {
        history.stages.back().kernels.last = i;
        continue;
      }
      TypeStage& stage = history.stages.emplace_back();
      stage.kernels = {i, i};
      if (exists) {
        stage.type = {kernels_[i], ids[i]};
        // Names and tags are not all that a declaration may be told apart by: a rename is a layout of its own.
        const std::uint64_t said = prints_[i]->content(ids[i]) ^ hash_text(stage.type.view().name());
        stage.layout = layouts.try_emplace(said, layouts.size() + 1).first->second;
      }
      if (i == 0) continue;
      if (change != nullptr) {
        history.changes.push_back(*change);
      } else {
        Change& made = history.changes.emplace_back();
        made.kind = exists ? ChangeKind::added : ChangeKind::removed;
        made.before = history.stages[history.stages.size() - 2].type;
        made.after = stage.type;
      }
    }
    return history;
  }

  /// The change from one kernel to the next; null when there is none.
  [[nodiscard]] const Change* change_between(std::size_t kernel, TypeId before, TypeId after) const {
    const Step& step = steps_[kernel];
    const auto& [ids, id] = before != void_id ? std::pair(&step.by_before, before) : std::pair(&step.by_after, after);
    const auto found = ids->find(raw(id));
    if (id == void_id || found == ids->end()) return nullptr;
    const Change& change = step.diff.changes[found->second];
    return change.before.id == before && change.after.id == after ? &change : nullptr;
  }

  /// Adds the elements that were asked for; false when the type has none of them and was not asked for itself.
  static bool add_elements(const Wanted& wanted, TypeHistory& history) {
    history.elements = trace_elements(history);
    history.is_about_elements = !wanted.whole;
    std::erase_if(history.elements, [&](const ElementHistory& element) {
      if (wanted.whole) return !element_changed(history, element);
      return std::ranges::none_of(element.stages, [&](const ElementStage& stage) {
        return stage.state && std::ranges::any_of(wanted.elements, [&](const std::string& pattern) {
                 return matches_any_glob({&pattern, 1}, stage.state->name.c_str());
               });
      });
    });
    return wanted.whole || !history.elements.empty();
  }

  const std::vector<BtfPtr>& kernels_;
  const HistoryRequest& request_;
  std::vector<Step> steps_;        // from each kernel to the next
  std::vector<PrintsPtr> prints_;  // of each kernel
  std::map<Node, Wanted> seeds_;
};

/// How much of the beginning of all names is the same words: nothing that begins with a digit is among them.
std::size_t common_prefix(const std::vector<std::string>& names) {
  std::size_t words = 0;
  for (std::size_t i = 0;; ++i) {
    const bool same = std::ranges::all_of(
        names, [&](const std::string& name) { return i < name.size() && name[i] == names.front()[i]; });
    if (!same || std::isdigit(static_cast<unsigned char>(names.front()[i])) != 0) return words;
    if (names.front()[i] == '-' || names.front()[i] == '_') words = i + 1;
  }
}

/// How much of their ends is the same suffixes, `-amd64.btf`: what begins with a digit is none, nor is `-rc`.
std::size_t common_suffix(const std::vector<std::string>& names) {
  std::size_t words = 0;
  for (std::size_t length = 1;; ++length) {
    const auto at = [&](const std::string& name) { return name[name.size() - length]; };
    const bool same = std::ranges::all_of(
        names, [&](const std::string& name) { return length < name.size() && at(name) == at(names.front()); });
    if (!same) return words;
    const std::string_view suffix = std::string_view(names.front()).substr(names.front().size() - length);
    const bool separates = suffix[0] == '-' || suffix[0] == '.' || suffix[0] == '/';
    if (separates && length > 1 && std::isalpha(static_cast<unsigned char>(suffix[1])) != 0 &&
        !suffix.starts_with("-rc")) {
      words = length;
    }
  }
}

}  // namespace

std::vector<TypeHistory> trace_history(const std::vector<BtfPtr>& kernels, const HistoryRequest& request) {
  return Tracer(kernels, request).run();
}

std::vector<std::string> short_kernel_names(const std::vector<std::string>& names) {
  if (names.size() < 2) return names;
  std::string directory = names.front().substr(0, names.front().rfind('/') + 1);
  for (const std::string& name : names) {
    while (!name.starts_with(directory)) {
      directory.resize(directory.size() < 2 ? 0 : directory.rfind('/', directory.size() - 2) + 1);
    }
  }
  std::vector<std::string> shorter;
  shorter.reserve(names.size());
  for (const std::string& name : names) shorter.push_back(name.substr(directory.size()));
  const std::size_t prefix = common_prefix(shorter);
  for (std::string& name : shorter) name.erase(0, prefix);
  const std::size_t suffix = common_suffix(shorter);
  for (std::string& name : shorter) name.resize(name.size() - suffix);
  std::set<std::string> different(shorter.begin(), shorter.end());
  return different.size() == names.size() && !different.contains("") ? shorter : names;
}

}  // namespace btfx
