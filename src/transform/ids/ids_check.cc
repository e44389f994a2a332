#include "transform/ids/ids_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "btf/evidence.h"
#include "btf/names.h"

namespace btfx {

namespace {

constexpr std::string_view kfunc_tag = "bpf_kfunc";

constexpr std::string_view implementation_suffix = "_impl";

/// The functions that tags of a BTF itself mark as kfuncs, lowest tag first.
std::vector<TypeId> tagged_functions(const Btf& btf) {
  std::vector<TypeId> functions;
  for (TypeId id = btf.first_id(); id != btf.end_id(); ++id) {
    const TypeView type = btf.type(id);
    if (type.kind() != Kind::decl_tag || type.component() != -1 || type.name() != kfunc_tag) continue;
    if (btf.type(type.target()).kind() == Kind::func) functions.push_back(type.target());
  }
  return functions;
}

Diagnostic unlisted_kfunc(const Btf& btf, TypeId id) {
  return {"kfunc-unlisted",
          fmt::format("function {} has the declaration tag '{}', but no set of kfuncs has it", btf.type(id).name(),
                      kfunc_tag),
          {.type_id = raw(id)}};
}

class IdsCheck {
 public:
  IdsCheck(const BtfIds& ids, const Btf& btf, bool tags_kfuncs) : ids_(ids), btf_(btf), tags_kfuncs_(tags_kfuncs) {}

  Diagnostics run() {
    if (!ids_.has_symbols()) {
      if (!ids_.words().empty()) {
        say("ids-unjudged", fmt::format("its ids could not be judged: no symbols tell which of its {} words are ids",
                                        ids_.words().size()));
      }
      return std::move(findings_);
    }
    const std::vector<std::uint32_t> words = ids_.id_words();
    const auto is_zero = [&](std::uint32_t word) { return ids_.words()[word] == 0; };
    if (!words.empty() && std::ranges::all_of(words, is_zero)) {
      say("ids-unresolved", fmt::format("none of its {} ids is resolved", words.size()));
      return std::move(findings_);
    }
    for (const IdEntry& entry : ids_.entries()) {
      if (entry.set < 0) check_list_entry(entry);
    }
    for (const IdSet& set : ids_.sets()) check_set(set);
    check_tagged();
    return std::move(findings_);
  }

 private:
  void say(JudgedCode code, std::string text) {
    findings_.push_back({code, std::move(text), {.section = std::string(BtfIds::section_name)}});
  }

  [[nodiscard]] std::string type_text(std::uint32_t id) const {
    const TypeView type = btf_.type(TypeId{id});
    return fmt::format("{} ({} {})", id, kind_info(type.kind()).name, type.is_named() ? type.name() : "(anon)");
  }

  /// Whether a word holds an id of a type; says so if not.
  bool is_type(std::uint32_t word) {
    const std::uint32_t id = ids_.words()[word];
    if (id == 0) {
      say("ids-unresolved", fmt::format("{} is not resolved", ids_.describe(word)));
    } else if (id >= raw(btf_.end_id())) {
      say("ids-outside",
          fmt::format("{} is {}, but the last type is {}", ids_.describe(word), id, raw(btf_.end_id()) - 1));
    }
    return id != 0 && id < raw(btf_.end_id());
  }

  void check_list_entry(const IdEntry& entry) {
    if (!is_type(entry.word)) return;
    const std::uint32_t id = ids_.words()[entry.word];
    const TypeView type = btf_.type(TypeId{id});
    if (type.kind() == entry.kind && type.name() == entry.name) return;
    say("ids-stale", fmt::format("{} is type {}", ids_.describe(entry.word), type_text(id)));
  }

  /// Symbols keep the places of compilation, while the ids have been sorted: any order will do.
  void check_set(const IdSet& set) {
    std::unordered_set<std::string> wanted;
    for (const std::uint32_t i : ids_.entries_between(set.word, set.end())) {
      wanted.insert(key(ids_.entries()[i].kind, ids_.entries()[i].name));
    }
    if (const std::uint32_t stored = ids_.words()[set.word]; stored != set.count) {
      say("ids-count", fmt::format("set {} has room for {} ids, but its count is {}", set.name, set.count, stored));
    }
    const bool has_kfuncs = set.pairs && (ids_.words()[set.word + 1] & IdSet::kfunc_flag) != 0;
    std::int64_t last = INT32_MIN;
    bool is_sorted = true;
    for (std::uint32_t word = set.first_id(); word < set.end(); word += set.stride()) {
      const std::uint32_t id = ids_.words()[word];
      is_sorted = is_sorted && last <= static_cast<std::int32_t>(id);
      last = static_cast<std::int32_t>(id);
      if (!is_type(word)) continue;
      const TypeView type = btf_.type(TypeId{id});
      if (!wanted.empty() && !wanted.contains(key(type.kind(), type.name()))) {
        say("ids-stale",
            fmt::format("{} is type {}, which none of the set's symbols names", ids_.describe(word), type_text(id)));
      } else if (has_kfuncs) {
        check_kfunc(word, id);
      }
      if (has_kfuncs) listed_.insert(id);
    }
    if (!is_sorted) say("ids-unsorted", fmt::format("set {} is not sorted", set.name));
  }

  void check_kfunc(std::uint32_t word, std::uint32_t id) {
    const TypeView type = btf_.type(TypeId{id});
    if (type.kind() != Kind::func || btf_.type(type.target()).kind() != Kind::func_proto) {
      say("kfunc-kind",
          fmt::format("{} is type {}, which is not a function with a prototype", ids_.describe(word), type_text(id)));
    } else if (tags_kfuncs_ && !is_tagged(id)) {
      say("kfunc-untagged", fmt::format("{} is type {}, which has no declaration tag '{}'", ids_.describe(word),
                                        type_text(id), kfunc_tag));
    }
  }

  bool is_tagged(std::uint32_t id) {
    if (!tagged_) {
      tagged_.emplace();
      for (const Btf* btf = &btf_; btf != nullptr; btf = btf->base().get()) {
        const std::vector<TypeId> functions = tagged_functions(*btf);
        for (const TypeId function : functions) tagged_->insert(raw(function));
      }
    }
    return tagged_->contains(id);
  }

  /// What a tag promises to BPF programs, and no set registers.
  void check_tagged() {
    std::unordered_set<std::string_view> names;  // of the functions in sets
    for (const std::uint32_t id : listed_) names.insert(btf_.type(TypeId{id}).name());
    for (const TypeId id : tagged_functions(btf_)) {
      if (listed_.contains(raw(id))) continue;
      std::string_view name = btf_.type(id).name();
      // The function behind one with implicit arguments has the tags of that.
      if (name.ends_with(implementation_suffix) &&
          names.contains(name.substr(0, name.size() - implementation_suffix.size()))) {
        continue;
      }
      findings_.push_back(unlisted_kfunc(btf_, id));
    }
  }

  static std::string key(Kind kind, std::string_view name) { return fmt::format("{} {}", kind_info(kind).name, name); }

  const BtfIds& ids_;
  const Btf& btf_;
  bool tags_kfuncs_;
  std::optional<std::unordered_set<std::uint32_t>> tagged_;  // functions with the tag
  std::unordered_set<std::uint32_t> listed_;                 // ids in sets of kfuncs
  Diagnostics findings_;
};

}  // namespace

Diagnostics check_without_ids(const Btf& btf) {
  Diagnostics findings;
  for (const TypeId id : tagged_functions(btf)) findings.push_back(unlisted_kfunc(btf, id));
  return findings;
}

Diagnostics check_ids(const BtfIds& ids, const Btf& btf, bool tags_kfuncs) {
  return IdsCheck(ids, btf, tags_kfuncs).run();
}

Diagnostics find_foreign_ids(const BtfIds& ids, const Btf& btf) {
  if (!weigh_base(btf).belongs()) return {};
  Diagnostics findings = check_ids(ids, btf, false);
  std::erase_if(findings, [](const Diagnostic& finding) { return finding.severity != Severity::error; });
  return findings;
}

}  // namespace btfx
