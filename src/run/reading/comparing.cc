#include "run/reading/comparing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/attempt.h"
#include "base/memory_error.h"
#include "image/modules.h"
#include "inputs/exports.h"
#include "inputs/module.h"
#include "inputs/module_pairs.h"
#include "run/batch/batch_report.h"
#include "run/reading/sources.h"
#include "transform/diff/diff.h"
#include "transform/diff/kernel.h"
#include "transform/relocate/affects.h"

namespace btfx {

namespace {

/// A module as it was built: split on its kernel's vmlinux, distilled on its own base, or alone.
BtfPtr as_built(const Module& module, const Kernel& kernel) {
  return module.relation() == Relation::split ? module.on(kernel) : module.as_it_is();
}

std::vector<ElfSymbol> symbols_of(const Image& image) {
  return image.elf ? image.elf->symbols() : std::vector<ElfSymbol>();
}

ModuleVerdict judge(const Affects& affects, const std::string& name, const Module& module, const BtfPtr& built,
                    const std::vector<ElfSymbol>& symbols) {
  if (module.relation() == Relation::standalone) return {.module = name};  // it takes nothing from a base
  std::vector<std::string_view> imports;
  for (const ElfSymbol& symbol : symbols) {
    if (symbol.section == 0 && !symbol.name.empty()) imports.push_back(symbol.name);
  }
  return affects.judge(name, built, module.relation() == Relation::distilled, imports);
}

/// The result of one pair of modules.
struct Outcome {
  std::string name = {};
  std::optional<ModuleDiff> diff = {};
  std::optional<ModuleVerdict> verdict = {};
  std::uint64_t types_before = 0, types_after = 0;
  bool has_before = false, has_after = false;
  std::vector<std::string> exports_before = {}, exports_after = {};
  std::vector<Error> errors = {};
};

class ComparisonRun {
 public:
  ComparisonRun(const ComparisonRequest& request, const Context& context) : request_(request), context_(context) {
    report_.before.name = fmt::format("{}", fmt::join(request.before, " "));
    report_.after.name = fmt::format("{}", fmt::join(request.after, " "));
  }

  Comparison run() {
    const bool before_many = std::ranges::any_of(request_.before, holds_modules);
    if (before_many != std::ranges::any_of(request_.after, holds_modules)) refuse_different_kinds(before_many);
    report_.whole_kernels = before_many;
    if (before_many) {
      compare_kernels();
    } else {
      compare_btfs();
    }
    // Directories and packages give their modules in different orders.
    std::ranges::sort(report_.verdicts, {}, &ModuleVerdict::module);
    // Changes that break modules come first.
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
    report_.complete = complete_;
    return {std::move(report_), complete_, std::move(compared_)};
  }

 private:
  /// Says how a single BTF is compared with the kernel of something with modules.
  [[noreturn]] void refuse_different_kinds(bool before_many) const {
    const DiffSource &many = before_many ? report_.before : report_.after,
                     &single = before_many ? report_.after : report_.before;
    const std::vector<std::string>& sources = before_many ? request_.before : request_.after;
    const auto refusal = [&](const std::string& how) {
      return Error(ErrorCode::usage,
                   fmt::format("'{}' has modules and '{}' is a single BTF: {}", many.name, single.name, how));
    };
    for (const std::string& source : sources) {
      const auto image = optional_on_error([&] { return read_base_source(source).name; });
      if (image) throw refusal(fmt::format("name the kernel image in it to compare that alone: {}", *image));
    }
    if (const auto first = ModuleStream(sources).next(); first && first->error) throw Error(*first->error);
    throw refusal("name two of a kind");
  }

  [[nodiscard]] BaseChoice choice(const std::string& given) const {
    return given.empty() ? context_.global.base : BaseChoice{{given}};
  }

  void compare_btfs() {
    const LoadedBtf before = load(request_.before.front(), request_.before_base);
    const LoadedBtf after = load(request_.after.front(), request_.after_base);
    const BtfPtr &before_base = before.btf->base(), &after_base = after.btf->base();
    std::shared_ptr<const Fingerprints> before_prints, after_prints;
    if (before_base && after_base && !is_same_base(before_base, after_base)) {
      const Diff bases = compare({before_base}, {after_base}, context_.global.jobs);
      before_prints = bases.before;
      after_prints = bases.after;
    } else {
      before_prints = base_prints(before);
      after_prints = before_prints && after_base ? before_prints : base_prints(after);
    }
    compared_ = {before.btf, after.btf};
    Diff diff = compare({before.btf, before_prints}, {after.btf, after_prints}, context_.global.jobs);
    tell_halves(*before.btf, *after.btf);
    report_.before.types = before.btf->own_types();
    report_.after.types = after.btf->own_types();
    if (!request_.affects.empty()) {
      if (before.btf->is_split() || after.btf->is_split()) {
        throw Error(ErrorCode::usage, "modules can be judged by two kernels only, not by split BTF");
      }
      judge_given(diff, Kernel(report_.before.name, before.btf));
      if (std::ranges::any_of(report_.verdicts, lacks_symbol)) {
        context_.messages.remark("modules of the new kernel were not given: one of them may export a missing symbol");
      }
    }
    report_.changes = std::move(diff.changes);
  }

  static bool lacks_symbol(const ModuleVerdict& verdict) {
    return std::ranges::find(verdict.effects, lost_symbol_reason, &Effect::reason) != verdict.effects.end();
  }

  /// Says that only half of the values were compared, where one side alone has whole values in enums of eight bytes.
  void tell_halves(const Btf& before, const Btf& after) const {
    const bool old_side = holds_halves(before), new_side = holds_halves(after);
    if (old_side == new_side) return;
    context_.messages.remark(
        fmt::format("{}: its BTF has no ENUM64, and of the values of 8-byte enums only the low 32 bits, by which they "
                    "are compared",
                    old_side ? report_.before.name : report_.after.name));
  }

  /// Whether two bases are the same BTF, read once or twice.
  [[nodiscard]] bool is_same_base(const BtfPtr& before, const BtfPtr& after) const {
    if (before == after) return true;
    return request_.before_base == request_.after_base &&
           std::ranges::equal(before->blob().view(), after->blob().view());
  }

  /// The fingerprints of what a BTF continues; null for a root.
  static std::shared_ptr<const Fingerprints> base_prints(const LoadedBtf& loaded) {
    if (loaded.kernel) return loaded.kernel->prints();
    return loaded.btf->is_split() ? std::make_shared<const Fingerprints>(loaded.btf->base()) : nullptr;
  }

  LoadedBtf load(const std::string& source, const std::string& base) {
    const Module module(read_source(source));
    if (module.relation() == Relation::standalone) return {.btf = module.as_it_is()};
    LoadedBtf loaded = load_to_look_at(module, choice(base), kernels_);
    report_loaded(loaded, source, context_);
    return loaded;
  }

  /// The kernel of a directory or of packages: the one given, the one in them, or the one that their modules were built
  /// for. `side`: "old" or "new".
  KernelPtr kernel_of(const std::vector<std::string>& sources, const std::string& given, std::string_view side) {
    const BaseChoice chosen = choice(given);
    if (chosen.given()) return kernels_.get(chosen.sources.front());
    std::optional<Error> failure;
    for (const std::string& source : sources) {
      try {
        return kernels_.get(source);
      } catch (const Error& error) {
        if (!failure) failure = error;
      }
    }
    const std::optional<ModuleItem> first = ModuleStream(sources).next();
    if (!first || first->error || chosen.forbidden()) throw Error(*failure);
    const std::optional<FoundBase> found = find_base(open_module(*first));
    if (!found) {
      throw Error(ErrorCode::no_base,
                  fmt::format("holds no kernel image: name it with --{}-base ({})", side, failure->sentence()),
                  {.file = sources.front()});
    }
    context_.note(fmt::format("{}: base is {}: {}", sources.front(), found->source, found->reason));
    return kernels_.get(found->source);
  }

  /// Refuses a side without modules where the other has some: they are in another package, and were not removed.
  void require_modules() const {
    const std::vector<std::string>* const sides[] = {&request_.before, &request_.after};
    std::optional<Error> without[2];
    for (std::size_t side = 0; side < 2; ++side) {
      const std::optional<ModuleItem> first = ModuleStream(*sides[side]).next();
      if (first && first->error && first->error->code() == ErrorCode::no_btf) without[side] = first->error;
    }
    if (without[0].has_value() != without[1].has_value()) throw Error(without[0] ? *without[0] : *without[1]);
  }

  void compare_kernels() {
    require_modules();
    const KernelPtr before = kernel_of(request_.before, request_.before_base, "old");
    const KernelPtr after = kernel_of(request_.after, request_.after_base, "new");
    KernelDiff kernels(before->btf(), after->btf(), context_.global.jobs);
    compared_ = {before->btf(), after->btf()};
    tell_halves(*before->btf(), *after->btf());
    report_.before.types = before->btf()->own_types();
    report_.after.types = after->btf()->own_types();
    report_.before.release = before->release();
    report_.after.release = after->release();
    const bool judge_old = request_.affects.empty();
    const Affects affects(kernels.bases());
    // Now: both vmlinux are compared, and modules can be, each on its own.
    ModulePairs pairs(request_.before, request_.after);
    run_items<Outcome>([&] { return pairs.next(); }, std::nullopt, context_,
                       [&](const ModulePair& pair, Outcome& outcome) {
                         compare_pair(pair, kernels, *before, *after, judge_old ? &affects : nullptr, outcome);
                       },
                       [&](Done<Outcome>&& done) {
                         if (done.error) done.result.errors.push_back(*done.error);
                         take(std::move(done.result), kernels);
                       });
    if (!judge_old) judge_given(kernels.bases(), *before);
    for (ModuleVerdict& verdict : report_.verdicts) exports_.settle(verdict);
    report_.judged = true;
    report_.before_base = before->btf();
    KernelChanges changes = kernels.finish();
    report_.changes = std::move(changes.changes);
    report_.modules_added = std::move(changes.modules_added);
    report_.modules_removed = std::move(changes.modules_removed);
  }

  static void compare_pair(const ModulePair& pair, const KernelDiff& kernels, const Kernel& before, const Kernel& after,
                           const Affects* affects, Outcome& outcome) {
    BtfPtr old_btf, new_btf;
    outcome.name = pair.name;
    const auto attempt = [&](const std::optional<ModuleItem>& item, std::vector<std::string>& exports, auto&& action) {
      if (!item) return;
      try {
        with_memory_as_error([&] {
          Image image = open_module(*item);
          exports = exported_names(symbols_of(image));  // of modules without BTF as well
          image.name = item->name;
          action(Module(std::move(image)));
        });
      } catch (const Error& error) {
        outcome.errors.push_back(error.in(item->name));
      }
    };
    const auto on_kernel = [](const Module& module, const BtfPtr& built, const Kernel& kernel) {
      return module.relation() == Relation::distilled ? module.on(kernel) : built;
    };
    attempt(pair.before, outcome.exports_before, [&](const Module& module) {
      const BtfPtr built = as_built(module, before);
      if (affects != nullptr) outcome.verdict = judge(*affects, pair.name, module, built, symbols_of(module.image()));
      old_btf = on_kernel(module, built, before);
    });
    attempt(pair.after, outcome.exports_after,
            [&](const Module& module) { new_btf = on_kernel(module, as_built(module, after), after); });
    outcome.has_before = old_btf != nullptr;
    outcome.has_after = new_btf != nullptr;
    if (old_btf) outcome.types_before = old_btf->own_types();
    if (new_btf) outcome.types_after = new_btf->own_types();
    // A module that one side has without being readable is neither added nor removed.
    if (outcome.errors.empty()) outcome.diff = kernels.compare_module(pair.name, old_btf, new_btf);
  }

  void take(Outcome&& outcome, KernelDiff& kernels) {
    for (const Error& error : outcome.errors) report_error(error);
    report_.before.types += outcome.types_before;
    report_.after.types += outcome.types_after;
    report_.before.modules += outcome.has_before;
    report_.after.modules += outcome.has_after;
    exports_.add_before(outcome.name, std::move(outcome.exports_before));
    exports_.add_after(std::move(outcome.exports_after));
    if (outcome.diff) kernels.add(*outcome.diff);
    if (outcome.verdict) report_.verdicts.push_back(std::move(*outcome.verdict));
  }

  void report_error(const Error& error) {
    if (error.code() == ErrorCode::no_btf) return context_.note(error.what());
    context_.error(error);
    complete_ = false;
  }

  /// Judges the modules that were named.
  void judge_given(const Diff& bases, const Kernel& kernel) {
    const Affects affects(bases);
    report_.judged = true;
    report_.before_base = kernel.btf();
    ModuleStream stream(request_.affects, {.has_base = true});
    run_modules<ModuleVerdict>(
        stream, context_,
        [&](const Module& module, ModuleVerdict& verdict) {
          verdict =
              judge(affects, module_name(module.name()), module, as_built(module, kernel), symbols_of(module.image()));
        },
        [&](Done<ModuleVerdict>&& done) {
          if (done.error) return report_error(*done.error);
          report_.verdicts.push_back(std::move(done.result));
        });
    if (report_.verdicts.empty() && complete_) {
      throw Error(ErrorCode::no_btf, "none of the modules given with --affects can be judged");
    }
  }

  const ComparisonRequest& request_;
  const Context& context_;
  Kernels kernels_;
  ModuleExports exports_;
  DiffReport report_;
  bool complete_ = true;
  std::vector<BtfPtr> compared_;
};

}  // namespace

Comparison compare_sources(const ComparisonRequest& request, const Context& context) {
  return ComparisonRun(request, context).run();
}

}  // namespace btfx
