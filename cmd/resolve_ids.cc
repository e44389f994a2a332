// resolve-ids: fill .BTF_ids in.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "btf/ids.h"
#include "btf/load.h"
#include "cmd/cli/command.h"
#include "emit/report/ids_report.h"
#include "image/image.h"
#include "inputs/module.h"
#include "run/batch/batch_report.h"
#include "run/outputs/replace_sections.h"
#include "run/outputs/sidecars.h"
#include "run/reading/sources.h"
#include "transform/ids/ids_check.h"
#include "transform/ids/ids_listing.h"
#include "transform/ids/resolve_sections.h"

namespace btfx {

namespace {

constexpr std::string_view btf_name = ".BTF";
constexpr std::string_view base_name = ".BTF.base";
constexpr std::string_view ext_name = ".BTF.ext";

struct ResolveIdsCommandOptions {
  std::string elf;
  std::string btf;
  std::vector<std::string> old_bases;  // -b, as the kernel's build gives it
  std::string patch;
  bool list = false;
  bool in_place = false;
  bool distill = false;
  bool no_sort = false;
  bool fatal_warnings = false;
  bool strip_signature = false;
  bool force = false;

  /// Whether `.BTF` shall stay as it is.
  [[nodiscard]] bool keep_btf() const { return in_place && no_sort && !distill; }
};

Image read_elf(const std::string& path) {
  Image image = read_source(path);
  if (!image.elf) throw Error(ErrorCode::unsupported, "is not an ELF file", {.file = image.name});
  return image;
}

const ElfSection& require_ids_section(const Image& image) {
  if (const ElfSection* section = image.elf->find(BtfIds::section_name)) return *section;
  throw Error(ErrorCode::no_btf, fmt::format("has no section {}", BtfIds::section_name), {.file = image.name});
}

bool has_symbol_table(const ElfFile& elf) {
  return std::ranges::any_of(elf.sections(), [](const ElfSection& section) { return section.type == SHT_SYMTAB; });
}

/// `.BTF_ids` with what its symbols say, if there are any; nothing when the file has no such section, or an empty one.
std::optional<BtfIds> read_ids(const Image& image, const ResolveIdsCommandOptions& options) {
  const ElfFile& elf = *image.elf;
  const ElfSection* section = elf.find(BtfIds::section_name);
  if (section == nullptr || section->size == 0) return std::nullopt;
  try {
    if (section->size % 4 != 0) {
      throw Error(ErrorCode::malformed,
                  fmt::format("has {} bytes, which is not a whole number of 4-byte words", section->size),
                  {.offset = section->size / 4 * 4});
    }
    std::optional<BtfIds> ids = BtfIds::read(elf);
    if (!has_symbol_table(elf) && !options.force) {
      throw unexplained(*ids, "symbol table", options.list ? "are listed unjudged" : "stay as they are");
    }
    return ids;
  } catch (const Error& error) {
    throw error.in(image.name, BtfIds::section_name);
  }
}

/// The BTF to resolve against, before anything is done to it.
BtfPtr load(Image image, const Context& context, const ResolveIdsCommandOptions& options) {
  BaseChoice choice = context.global.base;
  choice.sources.insert(choice.sources.end(), options.old_bases.begin(), options.old_bases.end());
  if (choice.sources.size() > 1) throw Error(ErrorCode::usage, "takes one base");
  const Module module(std::move(image));
  if (module.relation() == Relation::distilled && choice.given()) {
    context.warn(fmt::format("{}: -B is ignored, because the BTF continues the .BTF.base beside it", module.name()));
    choice = {};
  }
  const Kernels kernels;
  if (choice.given() && module.relation() == Relation::split) {
    return module.on(*choose_kernel(module, choice, kernels).kernel);
  }
  LoadedBtf loaded = load_to_look_at(module, choice, kernels);
  report_loaded(loaded, module.name(), context);
  return std::move(loaded.btf);
}

/// Refuses to give types other numbers where more than `.BTF_ids` counts on those that they have.
void check_renumbering(const Image& image, const ResolveIdsCommandOptions& options) {
  if ((options.no_sort && !options.distill) || image.elf->find(ext_name) == nullptr) return;
  throw Error(ErrorCode::refused,
              fmt::format("refers to types by the numbers that they have, and is not changed with them; --no-sort{} "
                          "keeps the numbers",
                          options.distill ? " without --distill-base" : ""),
              {.file = image.name, .section = std::string(ext_name)});
}

/// Refuses to put a `.BTF` from elsewhere beside a `.BTF.base` that it does not continue.
void check_base_beside(const Image& image, const Btf& btf) {
  const ElfSection* section = image.elf->find(base_name);
  if (section == nullptr) return;
  const Bytes old = image.elf->contents(*section), base = btf.is_split() ? btf.base()->blob() : Bytes();
  if (as_text(old.view()) == as_text(base.view())) return;
  throw Error(ErrorCode::refused, "stays in the file, but the new .BTF does not continue it: remove the section first",
              {.file = image.name, .section = std::string(base_name)});
}

ResolvedSections resolve(const Image& image, const Context& context, const ResolveIdsCommandOptions& options) {
  std::optional<BtfIds> ids = read_ids(image, options);
  if (!ids) context.note(fmt::format("{}: has no .BTF_ids to resolve", image.name));
  const bool has_symbols = has_symbol_table(*image.elf);
  const ResolveOptions steps{.file = image.name,
                             .keep_btf = options.keep_btf(),
                             .distill = options.distill,
                             .sort = !options.no_sort,
                             .force = options.force};
  if (leaves_all(ids, steps)) return leave_sections(ids, has_symbols);
  check_renumbering(image, options);
  const std::optional<Image> other = options.btf.empty() ? std::nullopt : std::optional(read_source(options.btf));
  const Image& carrier = other ? *other : image;
  const BtfPtr btf = load(carrier, context, options);
  if (options.distill && !btf->is_split()) {
    context.note(fmt::format("{}: --distill-base does nothing, because the BTF stands alone", image.name));
  }
  // Now: everything is read.
  ResolvedSections sections =
      resolve_sections({std::move(ids), has_symbols, btf, relation_of(carrier) == Relation::distilled}, steps);
  if (options.in_place && other && sections.btf && !sections.base) check_base_beside(image, *btf);
  return sections;
}

std::vector<std::string> write(const Image& image, const ResolvedSections& result, const Context& context,
                               const ResolveIdsCommandOptions& options) {
  const std::pair<std::string_view, const std::optional<Bytes>&> sections[] = {
      {BtfIds::section_name, result.ids}, {btf_name, result.btf}, {base_name, result.base}};
  if (options.in_place) {
    std::vector<SectionUpdate> updates;
    for (const auto& [name, content] : sections) {
      if (content) updates.push_back({std::string(name), *content});
    }
    return replace_sections(image, std::move(updates), options.strip_signature, context);
  }
  if (!image.has_place()) {
    throw Error(ErrorCode::refused, "is not a file of its own, beside which sections could be written",
                {.file = image.name});
  }
  std::vector<std::pair<std::string_view, Bytes>> contents;
  for (const auto& [name, content] : sections) contents.emplace_back(name, content.value_or(Bytes()));
  Sidecars sidecars = write_sidecars(image.path, contents);
  warn_of_left(sidecars.left, context);
  return std::move(sidecars.written);
}

Status run_resolve(const Context& context, const ResolveIdsCommandOptions& options) {
  const Image image = read_elf(options.elf);
  const ResolvedSections result = resolve(image, context, options);
  // Now: all is known, and nothing written.
  bool refused = false;
  for (Diagnostic finding : result.findings) {
    finding.place.file = image.name;
    context.report(finding);
    refused = refused || finding.severity == Severity::error;
  }
  const bool fatal = options.fatal_warnings && result.doubtful;
  std::vector<std::string> written;
  if (!fatal && (!refused || options.force)) written = write(image, result, context, options);
  if (fatal || (refused && !options.force)) {
    context.error(Error(ErrorCode::refused,
                        fmt::format("nothing was written, because of {}", fatal ? "--fatal-warnings" : "these errors"),
                        {.file = image.name}));
  }
  for (const std::string& path : written) context.note(fmt::format("{}: written", path));
  BatchReport report(context, "file");
  report.add(resolved_record(image.name, result, written));
  if (fatal || refused) report.worsen(Status::no);
  return report.finish(resolved_summary(result));
}

Status run_list(const Context& context, const ResolveIdsCommandOptions& options) {
  const Image image = read_elf(options.elf);
  require_ids_section(image);
  const std::optional<BtfIds> ids = read_ids(image, options);
  if (!ids) {
    throw Error(ErrorCode::no_btf, "is empty", {.file = image.name, .section = std::string(BtfIds::section_name)});
  }
  const BtfPtr btf = load(options.btf.empty() ? image : read_source(options.btf), context, options);
  const std::vector<IdGroup> groups = list_ids(*ids, *btf);
  const IdCounts counts(groups);
  BatchReport report(context, "id");
  for (const IdGroup& group : groups) {
    const std::vector<Record> records = group_records(group, *btf);
    report.head(group_heading(group, *ids));
    report.use(group_table(group, records), false);
    for (const Record& record : records) report.add(record);
  }
  if (options.fatal_warnings && !counts.all_right()) report.worsen(Status::no);
  return report.finish(ids_summary(counts, groups, *ids));
}

/// Whether a .BTF lies beside the new ids and differs from that of the file.
bool was_written_with_another(const Image& image, const std::string& patch) {
  if (!patch.ends_with(BtfIds::section_name)) return false;
  const std::string path = patch.substr(0, patch.size() - BtfIds::section_name.size()) + std::string(btf_name);
  if (!std::filesystem::exists(path) || !has_section(image, btf_name)) return false;
  const Bytes beside = Bytes::map_file(path), own = btf_section(image);
  return as_text(beside.view()) != as_text(own.view());
}

/// Warns of ids that are not those of the types in the file. Where that is unknown they are put in as they are.
void judge_patch(const Image& image, const Bytes& content, const Context& context,
                 const ResolveIdsCommandOptions& options) {
  const auto warn = [&](std::string_view why) {
    context.warn(
        fmt::format("{}: {}: {}: these are not the ids of the .BTF in the file; put the one that was written "
                    "with them in, too, or resolve with --no-sort",
                    image.name, BtfIds::section_name, why));
  };
  try {
    const std::optional<BtfIds> ids = BtfIds::read(*image.elf, content.view());
    if (!ids->has_symbols()) return;
    const Diagnostics findings = find_foreign_ids(*ids, *load(image, context, options));
    if (findings.empty()) return;
    const std::string more = findings.size() == 1 ? "" : fmt::format(" (and {} more are wrong)", findings.size() - 1);
    warn(findings.front().text + more);
  } catch (const Error& error) {
    // Without its base the BTF tells nothing, but the file beside the ids does.
    if (was_written_with_another(image, options.patch)) return warn("another .BTF stands beside them");
    context.note(fmt::format("{}: the ids were not compared with the types: {}", image.name, error.what()));
  }
}

Status run_patch(const Context& context, const ResolveIdsCommandOptions& options) {
  const Image image = read_elf(options.elf);
  const ElfSection& section = require_ids_section(image);
  const Bytes content = Bytes::map_file(options.patch);
  try {
    const std::uint64_t size = image.elf->contents(section).size();
    if (size != content.size()) {
      throw Error(ErrorCode::malformed,
                  fmt::format("section has {} bytes, but {} has {}", size, options.patch, content.size()));
    }
  } catch (const Error& error) {
    throw error.in(image.name, BtfIds::section_name);
  }
  judge_patch(image, content, context, options);
  replace_sections(image, {{std::string(BtfIds::section_name), content}}, options.strip_signature, context);
  return Status::yes;
}

Status run(const Context& context, const ResolveIdsCommandOptions& options) {
  const bool changes = options.in_place || options.distill || options.no_sort;
  if (options.list && (changes || !options.patch.empty())) {
    throw Error(ErrorCode::usage, "--list only looks: it goes with -B, --btf, --force and --fatal-warnings");
  }
  if (!options.patch.empty() && (changes || options.fatal_warnings || !options.btf.empty())) {
    throw Error(ErrorCode::usage, "--patch takes the ids as they are: it goes with no option about resolving");
  }
  if (!options.patch.empty()) return run_patch(context, options);
  return options.list ? run_list(context, options) : run_resolve(context, options);
}

}  // namespace

Command make_resolve_ids_command() {
  const auto options = std::make_shared<ResolveIdsCommandOptions>();
  Command command;
  command.name = "resolve-ids";
  command.value("ELF", "ELF", options->elf, "A module, vmlinux or other object, as compiled").required = true;
  command.value("--btf", "FILE", options->btf, "Take the BTF from FILE, raw or ELF, even if ELF has its own",
                Complete::source);
  command.flag("--distill-base", options->distill, "Distill the base, and resolve against the distilled base");
  command.flag("--fatal-warnings", options->fatal_warnings,
               "Write nothing and exit with 1 when an id is not resolved or several types bear its name");
  command.flag("--no-sort", options->no_sort, "Leave the types in their order");
  command.flag("--in-place", options->in_place, "Change ELF itself, atomically, instead of writing beside it");
  command.value("--patch", "FILE", options->patch, "Replace the content of ELF's .BTF_ids with FILE");
  command.flag("--list", options->list, "Print every set and every id with the type it names");
  command.flag("--strip-signature", options->strip_signature,
               "Drop the signature of a signed module when the module changes");
  command.flag("--force", options->force,
               "Continue although ids were resolved before, no symbols say which words are ids, or the distilled "
               "result does not relocate onto its own base");
  // The spellings of the kernel's own tool, so that a kernel build can call btfx instead.
  command.list("-b,--btf_base", "FILE", options->old_bases, "Same as -B", Complete::source).hidden = true;
  command.flag("--distill_base", options->distill, "Same as --distill-base").hidden = true;
  command.flag("--fatal_warnings", options->fatal_warnings, "Same as --fatal-warnings").hidden = true;
  command.value("--patch_btfids", "FILE", options->patch, "Same as --patch").hidden = true;
  command.reports = [] { return true; };
  command.run = [options](const Context& context) { return run(context, *options); };
  return command;
}

}  // namespace btfx
