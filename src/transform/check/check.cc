#include "transform/check/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "btf/evidence.h"
#include "btf/header.h"
#include "btf/ids.h"
#include "btf/load.h"
#include "btf/names.h"
#include "btf/raw_btf.h"
#include "transform/check/bloat.h"
#include "transform/check/bpf_load.h"
#include "transform/check/shallow_difference.h"
#include "transform/ids/ids_check.h"
#include "transform/ids/renumber_ids.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/relocation_report.h"

namespace btfx {

namespace {

constexpr std::string_view module_section = ".gnu.linkonce.this_module";  // where a module's struct module is

ValidateOptions rules_for(KernelRules kernel, const Btf& btf, LoadPath path, bool all_findings) {
  kernel.byte_order = btf.byte_order();
  kernel.pointer_size = btf.pointer_size();
  return {.kernel = kernel, .path = path, .all_findings = all_findings};
}

/// Which variables of which section overlap, when the kernel refuses that: its log names neither.
std::string overlap_text(const RawBtf& records, const BtfFinding& finding) {
  if (finding.rule != BtfRule::entry_offset || !finding.type) return {};
  const std::optional<RawRecord> section = records.record(raw(*finding.type));
  if (!section || section->kind() != Kind::datasec) return {};
  const auto name_at = [&](std::uint32_t offset) {
    return std::string(records.has_string(offset) ? records.string(offset) : "");
  };
  const auto variable = [&](const std::uint32_t* entry) {
    const std::optional<RawRecord> record = records.record(entry[0]);
    return record ? name_at(record->name()) : fmt::format("type {}", entry[0]);
  };
  std::uint32_t end = 0;
  for (std::uint32_t i = 0; i < section->info_word().vlen(); ++i) {
    const std::uint32_t* entry = section->element(i);
    if (entry[1] < end) {
      return fmt::format(" (in section {} variable {} at {} overlaps {}, which ends at {})", name_at(section->name()),
                         variable(entry), entry[1], variable(section->element(i - 1)), end);
    }
    if (entry[1] >= section->size_or_type()) {
      return fmt::format(" (in section {} variable {} at {} lies beyond the section's {} bytes)",
                         name_at(section->name()), variable(entry), entry[1], section->size_or_type());
    }
    end = entry[1] + entry[2];
  }
  return {};
}

/// Collects findings; errors decide the outcome.
class FindingCollector {
 public:
  explicit FindingCollector(CheckResult& result) : result_(result) {}

  void say(JudgedCode code, std::string text, std::optional<TypeId> type = std::nullopt) {
    result_.findings.emplace_back(code, std::move(text), place_of(type));
  }
  void say(Severity severity, FindingCode code, std::string text, std::optional<TypeId> type = std::nullopt) {
    result_.findings.emplace_back(severity, code, std::move(text), place_of(type));
  }
  void fail(CheckOutcome outcome, FindingCode code, std::string text, std::optional<TypeId> type = std::nullopt) {
    say(Severity::error, code, std::move(text), type);
    if (result_.outcome == CheckOutcome::ok) result_.outcome = outcome;
  }
  /// Takes over what a part of the check has found.
  void add(Diagnostics&& diagnostics, CheckOutcome outcome) {
    for (Diagnostic& diagnostic : diagnostics) {
      if (diagnostic.severity == Severity::error && result_.outcome == CheckOutcome::ok) result_.outcome = outcome;
      result_.findings.push_back(std::move(diagnostic));
    }
  }
  /// What the kernel says to `records`, in its words where it has any.
  void add_kernel(BtfVerdict verdict, CheckOutcome outcome, const RawBtf* records = nullptr) {
    for (const BtfFinding& finding : verdict.findings) {
      const std::string_view reason = unlogged_reason(finding.rule);
      if (finding.error == 0) {
        if (!reason.empty()) {
          say(Severity::note, finding_code(finding.rule), std::string(reason), finding.type);
        }
        continue;
      }
      std::string_view line = !finding.line.empty() ? finding.line : reason.empty() ? "without a word" : reason;
      line.remove_prefix(std::min(line.find_first_not_of("\t "), line.size()));  // as the lines of members begin
      fail(outcome, finding_code(finding.rule),
           fmt::format("the kernel refuses it with {}: {}{}", error_name(finding.error), line,
                       records != nullptr ? overlap_text(*records, finding) : ""),
           finding.type);
    }
    result_.kernel = std::move(verdict);
  }

 private:
  static Place place_of(std::optional<TypeId> type) { return type ? Place{.type_id = raw(*type)} : Place{}; }

  CheckResult& result_;
};

/// The checks of one module, step by step.
class ModuleCheck {
 public:
  ModuleCheck(const Image& image, const CheckBase& base, const CheckOptions& options)
      : image_(image), base_(base), options_(options), blob_(stored_section(image)), findings_(result_) {
    result_.rules = base.profile().source;
  }

  CheckResult run() {
    result_.bytes = blob_.view().size();
    if (is_compressed() || is_swapped()) return std::move(result_);
    const bool has_base = has_section(image_, base_section);
    if (has_base && base_.kernel().relocates) {
      check_distilled();
    } else {
      if (has_base) {
        findings_.say(
            Severity::warning, "too-old",
            fmt::format("this kernel does not know {}: what it says is of {} alone", base_section, main_section));
      }
      check_on(base_.btf());
    }
    compare_module_size();
    compare_release();
    if (result_.outcome == CheckOutcome::mismatch) name_release();
    if (options_.origin != nullptr && result_.outcome == CheckOutcome::mismatch) look_at_origin();
    return std::move(result_);
  }

 private:
  bool is_swapped() {
    const ByteView bytes = blob_.view();
    const ByteOrder wanted = base_.btf()->byte_order();
    if (bytes.size() < 2 || load<std::uint16_t>(bytes.data(), other(wanted)) != BtfHeader::magic) return false;
    findings_.fail(CheckOutcome::mismatch, "byte-order",
                   fmt::format("it is {}-endian, the base {}-endian", to_string(other(wanted)), to_string(wanted)));
    findings_.add_kernel(ask_kernel(blob_, base_.btf().get(), false), CheckOutcome::mismatch);
    return true;
  }

  /// What ELF calls compressed, the kernel takes for the BTF itself.
  bool is_compressed() {
    // NOLINTNEXTLINE(readability-use-anyofallof): it does more than ask
    for (const std::string_view section : {base_section, main_section}) {
      if (!is_stored_compressed(image_, section)) continue;
      findings_.fail(CheckOutcome::invalid, "compressed",
                     fmt::format("section {} is stored compressed, and kernels do not unpack sections", section));
      findings_.add_kernel(
          ask_kernel(stored_section(image_, section), section == main_section ? base_.btf().get() : nullptr, false),
          CheckOutcome::invalid);
      return true;
    }
    return false;
  }

  [[nodiscard]] BtfVerdict ask_kernel(const Bytes& blob, const Btf* base, bool all_findings) const {
    RawBtf records;
    return ask_kernel(blob, base, all_findings, records);
  }
  [[nodiscard]] BtfVerdict ask_kernel(const Bytes& blob, const Btf* base, bool all_findings, RawBtf& records) const {
    const bool tells_itself = !base_.profile().is_known && has_layout_section(blob.view());
    return validate_btf(
        blob.view(),
        rules_for(tells_itself ? KernelRules::newest() : base_.kernel(), *base_.btf(), LoadPath::kernel, all_findings),
        base, records);
  }

  /// A distilled module: its own base, then itself on that, then both on the base given.
  void check_distilled() {
    result_.relation = Relation::distilled;
    const Bytes base_blob = btf_section(image_, base_section);
    if (BtfVerdict verdict = ask_kernel(base_blob, nullptr, options_.all_findings); !verdict.ok()) {
      return findings_.add_kernel(std::move(verdict), CheckOutcome::invalid);
    }
    const BtfPtr distilled = parse(base_blob, nullptr, base_section);
    if (!distilled) return;
    if (const BaseEvidence evidence = weigh_base(*distilled); !evidence.belongs()) {
      return findings_.fail(CheckOutcome::invalid, "incoherent",
                            fmt::format("{} is damaged: {}", base_section, describe(evidence, *distilled)));
    }
    const BtfPtr split = check_on(distilled);
    if (!split || result_.outcome != CheckOutcome::ok) return;
    check_coherence(*distilled, *split);
    if (result_.outcome != CheckOutcome::ok) return;
    try {
      relocate(*split);
    } catch (const Error& error) {
      findings_.fail(CheckOutcome::invalid, "unreadable", error.what());
    }
  }

  /// What the kernel does not look at before it maps types, and then trusts.
  void check_coherence(const Btf& distilled, const Btf& split) {
    if (const auto failure = refuse_distilled_base(distilled)) {
      result_.kernel.error = failure->error;
      return findings_.fail(
          CheckOutcome::invalid, "not-distilled",
          fmt::format("the kernel refuses it with {}: {}", error_name(failure->error), failure->message));
    }
    if (distilled.own_types() == 0 && split.own_types() != 0) {
      return findings_.fail(CheckOutcome::invalid, "empty-base",
                            fmt::format("{} holds no type: kernels count one id less in such a base, and read every "
                                        "id one too low",
                                        base_section));
    }
    ValidateOptions options = rules_for(base_.kernel(), *base_.btf(), LoadPath::kernel, options_.all_findings);
    options.resolve_all = true;
    for (const BtfFinding& finding : validate_btf(blob_.view(), options, &distilled).findings) {
      if (finding.error == 0) continue;
      findings_.fail(CheckOutcome::invalid, "incoherent",
                     "kernels let it pass, but it does not hold together: " + finding.line, finding.type);
    }
  }

  void relocate(const Btf& split) {
    const Relocation relocation = Relocator().run(split, base_.target());
    result_.relocates = !relocation.kernel_failure;
    findings_.add(explain(split, relocation), CheckOutcome::unrelocatable);
    if (relocation.kernel_failure) {
      return findings_.fail(CheckOutcome::unrelocatable, "not-mapped", relocation.kernel_failure->message);
    }
    if (!ids_) return;
    const auto new_id = [&](TypeId id) { return relocation.find(id); };
    findings_.add(renumber_ids(*ids_, split, new_id).findings, CheckOutcome::unrelocatable);
  }

  /// Why types do not fit, or only seem to; notes where everything is asked for.
  [[nodiscard]] Diagnostics explain(const Btf& split, const Relocation& relocation) const {
    const GrowthFinder* growth = options_.origin != nullptr ? &base_.compared_with(*options_.origin).growth : nullptr;
    const RelocationReporter reporter(base_.target(), growth, false, options_.all_findings);
    Diagnostics diagnostics;
    for (RelocationFinding& finding : reporter.report(split, relocation)) {
      if (!finding.changes.empty()) {
        finding.diagnostic.text += fmt::format(" ({})", fmt::join(finding.changes, "; "));
      }
      diagnostics.push_back(std::move(finding.diagnostic));
    }
    return diagnostics;
  }

  /// The module's `.BTF` on the base that it continues, vmlinux or distilled. Gives it parsed, if that can be.
  BtfPtr check_on(const BtfPtr& base) {
    // On a foreign base one finding is enough: the others say nothing new.
    RawBtf judged;
    BtfVerdict verdict = ask_kernel(blob_, base.get(), false, judged);
    const std::optional<RawBtf> records = read_records(base, std::move(judged));
    if (records) {
      result_.types = records->end_id() - records->first_id();
      const BaseEvidence evidence = weigh_base(*records);
      const bool is_damaged = evidence.faults() == 1 && !verdict.ok();
      if (!evidence.belongs() && !is_damaged) {
        is_foreign(evidence, *records);
        findings_.add_kernel(std::move(verdict), result_.outcome);
        return nullptr;
      }
      if (is_damaged) findings_.say("damaged", describe(evidence, *records));
    }
    if (!verdict.ok() && options_.all_findings) verdict = ask_kernel(blob_, base.get(), true);
    findings_.add_kernel(std::move(verdict), CheckOutcome::invalid, records ? &*records : nullptr);
    if (!result_.kernel.ok()) return nullptr;
    BtfPtr btf = parse(blob_, base, ".BTF", records ? &*records : nullptr);
    if (!btf) return nullptr;
    read_ids();
    if (ids_) {
      findings_.add(check_ids(*ids_, *btf, base_.tags_kfuncs()), CheckOutcome::invalid);
    } else if (image_.elf && image_.elf->find(BtfIds::section_name) == nullptr) {
      findings_.add(check_without_ids(*btf), CheckOutcome::invalid);
    }
    if (options_.bloat) look_for_bloat(btf);
    return btf;
  }

  /// The records, as far as they can be read; nothing when not even the sections can, which the kernel has reported
  /// then. `judged`: those that the kernel has looked at on the same base.
  [[nodiscard]] std::optional<RawBtf> read_records(const BtfPtr& base, RawBtf&& judged = RawBtf()) const {
    try {
      if (!judged.is_whole()) return RawBtf::read(blob_.view(), base.get());
      static_cast<void>(read_header(blob_.view()));  // what the kernel takes may still be more than we read
      return std::move(judged);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  /// `weighed`: the records, if they were weighed without a fault on that base.
  BtfPtr parse(const Bytes& blob, const BtfPtr& base, std::string_view section, const RawBtf* weighed = nullptr) {
    try {
      const unsigned pointer_size = image_.elf ? image_.elf->pointer_size() : 0;
      if (weighed != nullptr && weighed->is_whole()) return Btf::parse_weighed(blob, base, *weighed, pointer_size);
      return Btf::parse(blob, base, pointer_size);
    } catch (const Error& error) {
      findings_.fail(CheckOutcome::invalid, "unreadable", error.in({}, section).what());
      return nullptr;
    }
  }

  void read_ids() {
    try {
      if (image_.elf) ids_ = BtfIds::read(*image_.elf);
    } catch (const Error& error) {
      findings_.fail(CheckOutcome::invalid, "ids-malformed", error.what());
    }
  }

  void is_foreign(const BaseEvidence& evidence, const RawBtf& records) {
    result_.certain = evidence.is_certain();
    if (result_.relation == Relation::distilled) {
      findings_.fail(CheckOutcome::invalid, "foreign",
                     fmt::format(".BTF does not belong to its {}: {}", base_section, describe(evidence, records)));
      return;
    }
    if (is_standalone(blob_)) {
      findings_.fail(
          CheckOutcome::mismatch, "standalone",
          "built without a vmlinux: its BTF stands alone and continues no base; " + describe(evidence, records));
      return;  // all names are its own, so that symbols say nothing
    }
    const std::string other = other_release();
    const std::string built_for = other.empty() ? "built for another vmlinux"
                                                : fmt::format("built for {}, this base is {}", other, base_.release());
    findings_.fail(CheckOutcome::mismatch, "foreign", fmt::format("{}: {}", built_for, describe(evidence, records)));
    compare_functions(records);
  }

  /// A module's symbols know the functions that its BTF describes, unless the names in the BTF are not its own.
  void compare_functions(const RawBtf& records) {
    if (!image_.elf) return;
    const std::vector<ElfSymbol> symbols = image_.elf->symbols();
    std::unordered_set<std::string_view> known;
    for (const ElfSymbol& symbol : symbols) known.insert(symbol.name);
    std::uint32_t functions = 0, unknown = 0;
    std::string_view example;
    for (std::uint32_t id = records.first_id(); id < records.end_id(); ++id) {
      const RawRecord record = *records.record(id);
      if (record.kind() != Kind::func) continue;
      ++functions;
      const std::string_view name = records.has_string(record.name()) ? records.string(record.name()) : "";
      if (known.contains(name)) continue;
      if (unknown++ == 0) example = name;
    }
    if (unknown == 0) return;
    findings_.say("functions", fmt::format("{} of {} functions are not among the module's symbols, as '{}'", unknown,
                                           functions, example));
  }

  void compare_module_size() {
    if (!image_.elf || !base_.module_size()) return;
    const ElfSection* module = image_.elf->find(module_section);
    if (module == nullptr || module->size == *base_.module_size()) return;
    findings_.fail(CheckOutcome::mismatch, "module-size",
                   fmt::format("struct module has {} bytes in the module, but {} in the kernel", module->size,
                               *base_.module_size()));
  }

  void compare_release() {
    const std::string other = other_release();
    if (other.empty()) return;
    findings_.say("release", fmt::format("its vermagic says {}, the base is of {}", other, base_.release()));
  }

  void name_release() {
    std::string release = kernel_release(image_);
    if (release != base_.release()) result_.built_for = std::move(release);
  }

  /// The release that the module names, if it is not the base's; empty also where one of them is not known.
  [[nodiscard]] std::string other_release() const {
    const std::string release = base_.release().empty() ? std::string() : kernel_release(image_);
    return release == base_.release() ? std::string() : release;
  }

  void look_for_bloat(const BtfPtr& btf) {
    const bool is_distilled = result_.relation == Relation::distilled;
    try {
      result_.bloat = find_bloat(
          btf, is_distilled ? std::make_shared<const MergeBase>(btf->base()) : base_.merge_base(options_.jobs),
          is_distilled);
    } catch (const Error& error) {
      return findings_.say("bloat", fmt::format("cannot be de-duplicated: {}", error.sentence()));
    }
    const Bloat& bloat = *result_.bloat;
    if (bloat.types == 0 || bloat.bytes < options_.bloat_threshold) return;
    findings_.say(
        "bloat",
        fmt::format("{} of {} types are repeated and cost {} bytes, which `btfx dedup` drops; most of them: {}",
                    bloat.types, result_.types, bloat.bytes, bloat.causes.front().text));
  }

  /// Tells whether the origin would explain the mismatch, and whether distilling would help.
  void look_at_origin() {
    const CheckBase& origin = *options_.origin;
    const std::optional<RawBtf> records = read_records(origin.btf());
    if (!records || !weigh_base(*records).belongs()) {
      return findings_.say("origin", fmt::format("it does not fit {} either", origin.name()));
    }
    if (const std::optional<TypeId> id = base_.compared_with(origin).divergence) {
      findings_.say("divergence", divergence_text(origin, *id), *id);
    }
    findings_.say("origin", fmt::format("it fits {}; {}", origin.name(), fate_when_distilled(origin)));
  }

  [[nodiscard]] std::string divergence_text(const CheckBase& origin, TypeId id) const {
    const Btf &here = *base_.btf(), &there = *origin.btf();
    std::string text = fmt::format("here the base parts from {}", origin.name());
    if (!here.contains(id) || !there.contains(id)) return text + ", of which one ends";
    const auto difference = shallow_difference(here.type(id), there.type(id), "there");
    return text + ": " + difference.value_or(type_label(here.type(id)) + " refers to other types");
  }

  /// What would become of the module on this base if it were distilled.
  [[nodiscard]] std::string fate_when_distilled(const CheckBase& origin) const {
    Distiller distiller;
    try {
      const Distilled distilled = distiller.run(*Btf::parse(blob_, origin.btf()));
      const BtfPtr split = parse_distilled(distilled);
      const Relocation relocation = Relocator().run(*split, base_.target());
      if (!relocation.kernel_failure) return "distilled, it would relocate";
      const Diagnostics reasons = explain(*split, relocation);
      const auto reason = std::ranges::find(reasons, Severity::error, &Diagnostic::severity);
      return "not even distilled would it relocate: " +
             (reason != reasons.end() ? reason->text : relocation.kernel_failure->message);
    } catch (const Error& error) {
      return fmt::format("it cannot be distilled: {}", error.what());
    }
  }

  const Image& image_;
  const CheckBase& base_;
  const CheckOptions& options_;
  Bytes blob_;
  std::optional<BtfIds> ids_;
  CheckResult result_;
  FindingCollector findings_;
};

/// What goes into the kernel by bpf(2). `order` is the kernel's byte order, where it is given.
CheckResult check_user(const Image& image, const KernelProfile& kernel, std::optional<ByteOrder> order,
                       const CheckOptions& options) {
  CheckResult result;
  result.relation = Relation::standalone;
  result.is_bpf_object = is_bpf_object(image);
  result.rules = kernel.source;
  FindingCollector findings(result);
  if (image.elf && image.elf->find(module_section) != nullptr) {
    findings.fail(CheckOutcome::mismatch, "standalone",
                  "built without a vmlinux: its BTF stands alone, and kernels read that of modules as what continues "
                  "their own");
  }
  if (result.is_bpf_object) {
    findings.say("bpf-object", "a BPF object, judged as a loader completes it");
  }
  Bytes blob = btf_section(image);
  const auto ask = [&](const KernelRules& rules, const RawBtf* records) {
    findings.add_kernel(
        validate_btf(blob.view(), {.kernel = rules, .path = LoadPath::user, .all_findings = options.all_findings}),
        CheckOutcome::invalid, records);
  };
  try {
    const BtfPtr btf = Btf::parse(blob, nullptr, image.elf ? image.elf->pointer_size() : 0);
    result.types = btf->own_types();
    result.bytes = blob.view().size();
    if (order && btf->byte_order() != *order) {
      findings.fail(
          CheckOutcome::mismatch, "byte-order",
          fmt::format("it is {}-endian, the base {}-endian", to_string(btf->byte_order()), to_string(*order)));
    }
    if (result.is_bpf_object) blob = complete_bpf_btf(*btf, *image.elf);
    KernelRules rules = rules_for(kernel.rules, *btf, LoadPath::user, false).kernel;
    if (order) rules.byte_order = *order;
    const RawBtf records = RawBtf::read(blob.view(), nullptr);
    ask(rules, &records);
    if (const BaseEvidence evidence = weigh_base(*btf); !evidence.belongs()) {
      findings.say("damaged", describe(evidence, *btf));
    }
  } catch (const Error& error) {
    ask(kernel.rules, nullptr);
    findings.fail(CheckOutcome::invalid, "unreadable", error.what());
  }
  return result;
}

}  // namespace

CheckBase::CheckBase(std::string name, BtfPtr btf, std::string release)
    : name_(std::move(name)),
      btf_(std::move(btf)),
      release_(std::move(release)),
      profile_(kernel_profile(*btf_, release_)),
      target_(btf_) {
  if (const TypeId module = find_type(*btf_, "module", Kind::struct_); module != void_id) {
    module_size_ = btf_->type(module).size();
  }
  tags_kfuncs_ = find_type(*btf_, "bpf_kfunc", Kind::decl_tag) != void_id;
}

const MergeBasePtr& CheckBase::merge_base(unsigned jobs) const {
  return merge_base_.get([&] { return MergeBase::with_index(btf_, jobs); });
}

CheckBase::Comparison::Comparison(const CheckBase& origin, const CheckBase& base)
    : divergence(first_divergence(*base.btf(), *origin.btf())), growth(origin.btf(), base.btf()) {}

const CheckBase::Comparison& CheckBase::compared_with(const CheckBase& origin) const {
  return *comparisons_.get(&origin, [&] { return std::make_unique<const Comparison>(origin, *this); });
}

CheckResult check_module(const Image& image, const CheckBase& base, const CheckOptions& options) {
  if (is_bpf_object(image)) return check_user(image, base.profile(), base.btf()->byte_order(), options);
  return ModuleCheck(image, base, options).run();
}

CheckResult check_standalone(const Image& image, std::string_view release, const CheckOptions& options) {
  const Bytes blob = btf_section(image);
  KernelProfile profile = kernel_profile(release, has_layout_section(blob.view()));
  if (!is_bpf_object(image)) {
    try {
      profile = kernel_profile(*Btf::parse(blob), release);
    } catch (const Error&) {  // reported below
    }
  }
  return check_user(image, profile, std::nullopt, options);
}

}  // namespace btfx
