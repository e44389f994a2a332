#include "cmd/comparing.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/batch.h"
#include "base/memory_error.h"
#include "btf/evidence.h"
#include "btf/load.h"
#include "cmd/sources.h"
#include "image/modules.h"
#include "transform/diff/diff.h"
#include "transform/diff/kernel.h"
#include "transform/relocate/affects.h"

namespace btfx {

namespace {

/// Modules of two kernels, paired by name in whatever order they come: packages are read side by side, and only what
/// has no partner yet is kept.
class PairStream {
 public:
  struct Pair {
    std::string name;
    std::optional<ModuleItem> before, after;
  };

  PairStream(const std::string& before, const std::string& after) : sides_{Side({before}), Side({after})} {}

  /// The next pair; in the end what is there on one side only.
  std::optional<Pair> next() {
    while (!sides_[0].done || !sides_[1].done) {
      turn_ = 1 - turn_;
      Side& side = sides_[turn_];
      Side& other = sides_[1 - turn_];
      std::optional<ModuleItem> item = side.done ? std::nullopt : side.stream->next();
      if (!item) {
        side.done = true;
        continue;
      }
      const std::string name = module_name(item->name);
      const auto partner = other.waiting.find(name);
      if (partner == other.waiting.end()) {
        side.waiting[name].push_back(std::move(*item));
        continue;
      }
      ModuleItem found = std::move(partner->second.front());
      partner->second.pop_front();
      if (partner->second.empty()) other.waiting.erase(partner);
      if (turn_ == 0) return Pair{name, std::move(item), std::move(found)};
      return Pair{name, std::move(found), std::move(item)};
    }
    for (const std::size_t i : {0U, 1U}) {
      auto& waiting = sides_[i].waiting;
      if (waiting.empty()) continue;
      Pair pair{waiting.begin()->first, {}, {}};
      (i == 0 ? pair.before : pair.after) = std::move(waiting.begin()->second.front());
      waiting.begin()->second.pop_front();
      if (waiting.begin()->second.empty()) waiting.erase(waiting.begin());
      return pair;
    }
    return std::nullopt;
  }

 private:
  struct Side {
    explicit Side(std::vector<std::string> arguments) : stream(std::make_unique<ModuleStream>(std::move(arguments))) {}
    std::unique_ptr<ModuleStream> stream;
    std::map<std::string, std::deque<ModuleItem>> waiting;
    bool done = false;
  };
  Side sides_[2];
  std::size_t turn_ = 1;
};

/// A module as it is judged: split on its kernel's vmlinux, or distilled on its own base.
struct OpenModule {
  Image image;
  Relation relation = Relation::split;
  BtfPtr btf;
};

OpenModule open_on(const ModuleItem& item, const BtfPtr& base) {
  OpenModule module{open_module(item), {}, nullptr};
  module.relation = relation_of(module.image);
  if (module.relation == Relation::distilled) {
    module.btf = load_btf(module.image, load_btf(module.image, nullptr, ".BTF.base"));
  } else if (module.relation == Relation::standalone) {
    module.btf = load_btf(module.image);
  } else {
    try {
      module.btf =
          parse_on_base(btf_section(module.image), base, module.image.elf ? module.image.elf->pointer_size() : 0);
    } catch (const Error& error) {
      throw error.in(item.name, module.image.elf ? ".BTF" : "");
    }
  }
  return module;
}

/// As it is compared: on its kernel's vmlinux, unless it stands alone.
BtfPtr on_kernel(const OpenModule& module, const BtfPtr& base) {
  return module.relation == Relation::distilled ? relocate_onto(module.btf, base) : module.btf;
}

ModuleVerdict judge(const Affects& affects, const std::string& name, const OpenModule& module) {
  if (module.relation == Relation::standalone) return {.module = name};  // it takes nothing from a base
  std::vector<ElfSymbol> symbols;
  if (module.image.elf) symbols = module.image.elf->symbols();
  std::vector<std::string_view> imports;
  for (const ElfSymbol& symbol : symbols) {
    if (symbol.section == 0 && !symbol.name.empty()) imports.push_back(symbol.name);
  }
  return affects.judge(name, module.btf, module.relation == Relation::distilled, imports);
}

/// The result of one item of a batch.
struct Outcome {
  std::string name;
  std::optional<ModuleDiff> diff = {};
  std::optional<ModuleVerdict> verdict = {};
  std::uint64_t types_before = 0, types_after = 0;
  bool has_before = false, has_after = false;
  std::vector<Error> errors = {};
};

class ComparisonRun {
 public:
  ComparisonRun(const ComparisonRequest& request, const Context& context) : request_(request), context_(context) {
    report_.before.name = request.before;
    report_.after.name = request.after;
  }

  Comparison run() {
    const bool before_many = holds_modules(request_.before), after_many = holds_modules(request_.after);
    if (before_many != after_many) {
      throw Error(ErrorCode::usage, fmt::format("'{}' has modules and '{}' is a single BTF: name two of a kind",
                                                before_many ? request_.before : request_.after,
                                                before_many ? request_.after : request_.before));
    }
    report_.whole_kernels = before_many;
    if (before_many) {
      compare_kernels();
    } else {
      compare_btfs();
    }
    // Directories and packages give their modules in different orders.
    std::ranges::sort(report_.verdicts, {}, &ModuleVerdict::module);
    // What makes modules unusable is told first.
    const auto affected = affected_modules(report_);
    std::vector<bool> is_harmful(report_.changes.size());
    for (const auto& [place, modules] : affected) {
      is_harmful[place] = std::ranges::any_of(modules, [](const Affected& one) { return one.effect->refused; });
    }
    std::vector<Change> ordered;
    for (const bool harmful : {true, false}) {
      for (std::size_t i = 0; i < report_.changes.size(); ++i) {
        if (is_harmful[i] == harmful) ordered.push_back(std::move(report_.changes[i]));
      }
    }
    report_.changes = std::move(ordered);
    context_.messages.wipe();
    return {std::move(report_), complete_};
  }

 private:
  [[nodiscard]] BaseChoice choice(const std::string& given) const {
    return given.empty() ? context_.global.base : BaseChoice{{given}};
  }

  void compare_btfs() {
    const LoadedBtf before = load(request_.before, request_.before_base);
    const bool same_choice = request_.before_base == request_.after_base;
    LoadedBtf after = load(request_.after, request_.after_base);
    const BtfPtr before_base = before.btf->base();
    BtfPtr after_base = after.btf->base();
    std::shared_ptr<const Fingerprints> before_prints, after_prints;
    if (before_base && after_base && !same_base(before_base, after_base, same_choice)) {
      const Diff bases = compare({before_base}, {after_base}, context_.global.jobs);
      before_prints = bases.before;
      after_prints = bases.after;
    } else {
      if (before_base) before_prints = std::make_shared<const Fingerprints>(before_base);
      if (after_base) after_prints = before_base ? before_prints : std::make_shared<const Fingerprints>(after_base);
    }
    Diff diff = compare({before.btf, before_prints}, {after.btf, after_prints}, context_.global.jobs);
    report_.before.types = before.btf->own_types();
    report_.after.types = after.btf->own_types();
    if (!request_.affects.empty()) {
      if (before.btf->is_split() || after.btf->is_split()) {
        throw Error(ErrorCode::usage, "modules can be judged by two kernels only, not by split BTF");
      }
      judge_given(diff);
    }
    report_.changes = std::move(diff.changes);
  }

  /// Whether two bases are the same BTF, read once or twice.
  static bool same_base(const BtfPtr& before, const BtfPtr& after, bool same_choice) {
    return before == after || (same_choice && std::ranges::equal(before->blob().view(), after->blob().view()));
  }

  LoadedBtf load(const std::string& source, const std::string& base) {
    const Image image = read_source(source);
    if (relation_of(image) == Relation::standalone) return {.btf = load_btf(image), .base = nullptr, .notes = {}};
    LoadedBtf loaded = BtfLoader(choice(base), relocate_onto).load_relocated(image);
    report_base(loaded, source, context_);
    return loaded;
  }

  /// vmlinux of a directory or package: the one given, the one in it, or the one that its modules were built for.
  BtfPtr kernel_of(const std::string& source, const std::string& given) {
    const BaseChoice chosen = choice(given);
    if (chosen.given()) return load_base(chosen.sources.front());
    try {
      return load_base(source);
    } catch (const Error& error) {
      const std::optional<ModuleItem> first = ModuleStream({source}).next();
      if (!first || first->error || chosen.forbidden()) throw;
      const std::optional<FoundBase> found = find_base(open_module(*first));
      if (!found) {
        throw Error(ErrorCode::no_base,
                    fmt::format("holds no kernel image: name it with --{}-base ({})",
                                source == request_.before ? "old" : "new", error.sentence()),
                    {.file = source});
      }
      context_.note(fmt::format("{}: base is {}: {}", source, found->source, found->reason));
      return load_base(found->source);
    }
  }

  void compare_kernels() {
    const BtfPtr before = kernel_of(request_.before, request_.before_base);
    const BtfPtr after = kernel_of(request_.after, request_.after_base);
    KernelDiff kernels(before, after, context_.global.jobs);
    report_.before.types = before->own_types();
    report_.after.types = after->own_types();
    const bool judge_old = request_.affects.empty();
    const Affects affects(kernels.bases());
    // Now: both vmlinux are compared, and modules can be, each on its own.
    PairStream pairs(request_.before, request_.after);
    std::size_t done = 0;
    run_stream([&] { return pairs.next(); }, context_.global.jobs,
               [&](PairStream::Pair&& pair) {
                 return compare_pair(std::move(pair), kernels, before, after, judge_old ? &affects : nullptr);
               },
               [&](Outcome&& outcome) {
                 take(std::move(outcome), kernels);
                 context_.messages.progress(++done, std::nullopt);
               });
    if (!judge_old) judge_given(kernels.bases());
    report_.judged = true;
    report_.before_base = before;
    KernelChanges changes = kernels.finish();
    report_.changes = std::move(changes.changes);
    report_.modules_added = std::move(changes.modules_added);
    report_.modules_removed = std::move(changes.modules_removed);
  }

  static Outcome compare_pair(PairStream::Pair&& pair, const KernelDiff& kernels, const BtfPtr& before,
                              const BtfPtr& after, const Affects* affects) {
    Outcome outcome{.name = pair.name};
    BtfPtr old_btf, new_btf;
    const auto attempt = [&](const std::optional<ModuleItem>& item, auto&& action) {
      if (!item) return;
      try {
        with_memory_as_error([&] { action(*item); });
      } catch (const Error& error) {
        outcome.errors.push_back(error.in(item->name));
      }
    };
    attempt(pair.before, [&](const ModuleItem& item) {
      const OpenModule module = open_on(item, before);
      if (affects != nullptr) outcome.verdict = judge(*affects, pair.name, module);
      old_btf = on_kernel(module, before);
    });
    attempt(pair.after, [&](const ModuleItem& item) { new_btf = on_kernel(open_on(item, after), after); });
    outcome.has_before = old_btf != nullptr;
    outcome.has_after = new_btf != nullptr;
    if (old_btf) outcome.types_before = old_btf->own_types();
    if (new_btf) outcome.types_after = new_btf->own_types();
    // A module that one side has without being readable is neither added nor removed.
    if (outcome.errors.empty()) outcome.diff = kernels.compare_module(pair.name, old_btf, new_btf);
    return outcome;
  }

  void take(Outcome&& outcome, KernelDiff& kernels) {
    report_errors(outcome.errors);
    report_.before.types += outcome.types_before;
    report_.after.types += outcome.types_after;
    report_.before.modules += outcome.has_before;
    report_.after.modules += outcome.has_after;
    if (outcome.diff) kernels.add(*outcome.diff);
    if (outcome.verdict) report_.verdicts.push_back(std::move(*outcome.verdict));
  }

  void report_errors(const std::vector<Error>& errors) {
    for (const Error& error : errors) {
      if (error.code() == ErrorCode::no_btf) {
        context_.note(error.what());
      } else {
        context_.error(error);
        complete_ = false;
      }
    }
  }

  /// Judges the modules that were named.
  void judge_given(const Diff& bases) {
    const Affects affects(bases);
    report_.judged = true;
    report_.before_base = bases.before->btf_ptr();
    ModuleStream stream(request_.affects);
    const std::optional<std::size_t> total = stream.count();
    std::size_t done = 0;
    run_stream([&] { return stream.next(); }, context_.global.jobs,
               [&](ModuleItem&& item) {
                 Outcome outcome{.name = module_name(item.name)};
                 try {
                   outcome.verdict = with_memory_as_error(
                       [&] { return judge(affects, outcome.name, open_on(item, report_.before_base)); });
                 } catch (const Error& error) {
                   outcome.errors.push_back(error.in(item.name));
                 }
                 return outcome;
               },
               [&](Outcome&& outcome) {
                 report_errors(outcome.errors);
                 if (outcome.verdict) report_.verdicts.push_back(std::move(*outcome.verdict));
                 context_.messages.progress(++done, total);
               });
    if (report_.verdicts.empty() && complete_) {
      throw Error(ErrorCode::no_btf, "none of the modules given with --affects can be judged");
    }
  }

  const ComparisonRequest& request_;
  const Context& context_;
  DiffReport report_;
  bool complete_ = true;
};

}  // namespace

Comparison compare_sources(const ComparisonRequest& request, const Context& context) {
  return ComparisonRun(request, context).run();
}

}  // namespace btfx
