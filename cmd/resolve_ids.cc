// resolve-ids: fill .BTF_ids in.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "btf/evidence.h"
#include "btf/ids.h"
#include "btf/load.h"
#include "cmd/cli/command.h"
#include "cmd/outputs/replace_sections.h"
#include "cmd/outputs/sidecars.h"
#include "cmd/sources.h"
#include "emit/report/ids_report.h"
#include "emit/report/json_results.h"
#include "image/image.h"
#include "inputs/module.h"
#include "transform/edit/sort.h"
#include "transform/ids/ids_check.h"
#include "transform/ids/ids_listing.h"
#include "transform/ids/implicit_args.h"
#include "transform/ids/renumber_ids.h"
#include "transform/ids/resolve_ids.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/distill_check.h"

namespace btfx {

namespace {

constexpr std::string_view btf_name = ".BTF";
constexpr std::string_view base_name = ".BTF.base";
constexpr std::string_view ext_name = ".BTF.ext";

struct Options {
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

/// What is to be written.
struct Result {
  std::optional<Bytes> ids, btf, base;         // absent: there is none, or it stays as it is
  std::uint32_t resolved = 0, unresolved = 0;  // symbols
  bool doubtful = false;                       // whether ids are unresolved or ambiguous
  Diagnostics findings;                        // of all steps
};

void append(Diagnostics& findings, Diagnostics more) {
  findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

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

/// The refusal of words that nothing tells the meaning of.
Error stripped(const BtfIds& ids, std::string_view missing, std::string_view forced) {
  return {
      ErrorCode::refused,
      fmt::format("has {} bytes, but the file has no {} that tells what they are: it was stripped; with --force they "
                  "{}",
                  4 * ids.words().size(), missing, forced)};
}

/// `.BTF_ids` with what its symbols say, if there are any; nothing when the file has no such section, or an empty one.
std::optional<BtfIds> read_ids(const Image& image, const Options& options) {
  const ElfFile& elf = *image.elf;
  const ElfSection* section = elf.find(BtfIds::section_name);
  if (section == nullptr || section->size == 0) return std::nullopt;
  try {
    if (section->size % 4 != 0) {
      throw Error(ErrorCode::malformed,
                  fmt::format("has {} bytes, which is no whole number of words of 4 bytes", section->size),
                  {.offset = section->size / 4 * 4});
    }
    std::optional<BtfIds> ids = BtfIds::read(elf);
    if (!has_symbol_table(elf) && !options.force) {
      throw stripped(*ids, "symbol table", options.list ? "are listed unjudged" : "stay as they are");
    }
    return ids;
  } catch (const Error& error) {
    throw error.in(image.name, BtfIds::section_name);
  }
}

/// The BTF to resolve against, before anything is done to it.
BtfPtr load(Image image, const Context& context, const Options& options) {
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
void check_renumbering(const Image& image, const Options& options) {
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

/// Refuses what has been resolved before, where that would do harm.
void check_repeat(const Image& image, const BtfIds& ids, const Btf& btf, bool force, Diagnostics& findings) {
  Diagnostics spoiled = find_resolved_before(ids, btf);
  if (spoiled.empty()) return;
  if (!force) {
    Place place = spoiled.front().place;
    place.file = image.name;
    const std::string more = spoiled.size() == 1 ? "" : fmt::format(" (and so for {} more sets)", spoiled.size() - 1);
    throw Error(ErrorCode::refused,
                spoiled.front().text + more + "; resolve the file as it was compiled, or use --force", place);
  }
  for (Diagnostic& diagnostic : spoiled) {
    diagnostic.severity = Severity::warning;
    findings.push_back(std::move(diagnostic));
  }
}

/// Says of a section whose words no symbols explain that it stays as it is, where that may matter.
void note_unjudged(const Image& image, const BtfIds& ids, Diagnostics& findings) {
  if (has_symbol_table(*image.elf) && ids.is_zero()) return;
  findings.push_back(
      {Severity::warning,
       "ids-unjudged",
       fmt::format("its {} words stay as they are, because no symbols tell which of them are ids", ids.words().size()),
       {.section = std::string(BtfIds::section_name)}});
}

/// Refuses, unless forced to go on, what holds ids by all appearances, whose symbols alone were stripped.
void check_stripped(const Image& image, const BtfIds& ids, const Btf& btf, bool force) {
  if (!force && names_types(ids, btf))
    throw stripped(ids, "symbol", "stay as they are").in(image.name, BtfIds::section_name);
}

/// Refuses to give types new numbers when ids may name them that nobody can renumber.
void require_no_unjudged_ids(const Image& image, const BtfIds& ids, bool may_hold_ids, std::string_view step,
                             std::string_view way_out) {
  if (ids.has_symbols() || !may_hold_ids) return;
  throw Error(ErrorCode::refused,
              fmt::format("no symbols tell which of its {} words are ids, and those would be of other types once the "
                          "types are {}: {}",
                          ids.words().size(), step, way_out),
              {.file = image.name, .section = std::string(BtfIds::section_name)});
}

/// The functions with implicit arguments, split; or the BTF itself when there are none.
BtfPtr with_implicit_args(const BtfPtr& btf, const BtfIds& ids, const Options& options, Diagnostics& findings) {
  const std::vector<TypeId> kfuncs = implicit_kfuncs(*btf, ids);
  if (kfuncs.empty()) return btf;
  const std::string names =
      fmt::format("{}{}", btf->type(kfuncs.front()).name(),
                  kfuncs.size() == 1 ? "" : fmt::format(" and {} more functions", kfuncs.size() - 1));
  if (options.keep_btf()) {
    findings.push_back({Severity::warning,
                        "implicit-args",
                        fmt::format("{} still show{} implicit arguments, because .BTF stays as it is", names,
                                    kfuncs.size() == 1 ? "s" : ""),
                        {.section = std::string(btf_name)}});
    return btf;
  }
  findings.push_back({Severity::note,
                      "implicit-args",
                      fmt::format("implicit arguments of {} are split off", names),
                      {.section = std::string(btf_name)}});
  return Btf::parse(split_implicit_args(*btf, kfuncs), btf->base(), btf->pointer_size());
}

Result resolve(const Image& image, const Context& context, const Options& options) {
  Result result;
  std::optional<BtfIds> ids = read_ids(image, options);
  if (!ids) context.note(fmt::format("{}: has no .BTF_ids to resolve", image.name));
  const bool has_symbols = ids && ids->has_symbols();
  if (!has_symbols && options.keep_btf() && (!ids || options.force || ids->is_zero())) {
    if (ids) note_unjudged(image, *ids, result.findings);
    return result;
  }
  check_renumbering(image, options);
  const std::optional<Image> other = options.btf.empty() ? std::nullopt : std::optional(read_source(options.btf));
  const Image& carrier = other ? *other : image;
  const BtfPtr loaded = load(carrier, context, options);
  if (ids && !has_symbols) {
    check_stripped(image, *ids, *loaded, options.force);
    note_unjudged(image, *ids, result.findings);
  }
  if (ids) check_repeat(image, *ids, *loaded, options.force, result.findings);
  // Now: everything is read, and nothing has been resolved before.
  BtfPtr btf = ids ? with_implicit_args(loaded, *ids, options, result.findings) : loaded;
  const bool is_distilled = relation_of(carrier) == Relation::distilled;
  BtfPtr undistilled;
  if (options.distill && btf->is_split() && !is_distilled) {
    if (ids) {
      require_no_unjudged_ids(image, *ids, !ids->is_zero(), "distilled", "use --no-sort, and leave out --distill-base");
    }
    undistilled = btf;
    const Distilled distilled = Distiller().run(*btf, {.sort = !options.no_sort});
    append(result.findings, distilled.findings);
    append(result.findings, check_distilled(distilled, RelocationTarget(btf->base())));
    result.base = distilled.base;
    btf = Btf::parse(distilled.split, Btf::parse(distilled.base), btf->pointer_size());
  } else {
    if (options.distill && is_distilled) result.base = btf->base()->blob();
    if (options.distill && !btf->is_split()) {
      context.note(fmt::format("{}: --distill-base does nothing, because the BTF stands alone", image.name));
    }
    if (!options.no_sort) {
      const SortedBtf sorted = sort_types(*btf, btf->byte_order(), btf->header().known_length());
      if (ids && !std::ranges::is_sorted(sorted.new_ids)) {
        require_no_unjudged_ids(image, *ids, may_hold_ids(*ids, *btf), "sorted", "use --no-sort");
      }
      btf = Btf::parse(sorted.btf, btf->base(), btf->pointer_size());
    }
  }
  // Now: every type has its last number.
  if (!options.keep_btf()) result.btf = btf->blob();
  if (options.in_place && other && result.btf && !result.base) check_base_beside(image, *btf);
  if (ids && has_symbol_table(*image.elf)) {
    ResolvedIds resolved = resolve_ids(std::move(*ids), *btf, undistilled.get());
    result.ids = resolved.ids.bytes();
    result.resolved = resolved.resolved;
    result.unresolved = resolved.unresolved;
    result.doubtful = !resolved.findings.empty();
    append(result.findings, std::move(resolved.findings));
    if (is_distilled || undistilled) append(result.findings, find_unmapped(resolved.ids));
  }
  return result;
}

std::vector<std::string> write(const Image& image, const Result& result, const Context& context,
                               const Options& options) {
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
    throw Error(ErrorCode::refused, "is no file of its own, beside which sections could be written",
                {.file = image.name});
  }
  std::vector<std::pair<std::string_view, Bytes>> contents;
  for (const auto& [name, content] : sections) contents.emplace_back(name, content.value_or(Bytes()));
  Sidecars sidecars = write_sidecars(image.path, contents);
  warn_of_left(sidecars.left, context);
  return std::move(sidecars.written);
}

/// The document of one file.
void print_record(const Context& context, const Image& image, const Result& result,
                  const std::vector<std::string>& written) {
  JsonResults json(context.out, context.global.pretty);
  json.add({{"file", image.name},
            {"resolved", result.resolved},
            {"unresolved", result.unresolved},
            {"findings", json_records(result.findings)},
            {"written", written}});
  json.finish({{"resolved", result.resolved}, {"unresolved", result.unresolved}, {"findings", result.findings.size()}});
}

Status run_resolve(const Context& context, const Options& options) {
  const Image image = read_elf(options.elf);
  const Result result = resolve(image, context, options);
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
  if (context.global.json) print_record(context, image, result, written);
  return fatal || refused ? Status::no : Status::yes;
}

Status run_list(const Context& context, const Options& options) {
  const Image image = read_elf(options.elf);
  require_ids_section(image);
  const std::optional<BtfIds> ids = read_ids(image, options);
  if (!ids) {
    throw Error(ErrorCode::no_btf, "is empty", {.file = image.name, .section = std::string(BtfIds::section_name)});
  }
  const BtfPtr btf = load(options.btf.empty() ? image : read_source(options.btf), context, options);
  const std::vector<IdGroup> groups = list_ids(*ids, *btf);
  const IdCounts counts(groups);
  if (context.global.json) {
    JsonResults json(context.out, context.global.pretty);
    for (const IdGroup& group : groups) {
      for (const ListedId& line : group.ids) json.add(id_record(line, group, *btf));
    }
    json.finish(summary_record(counts, groups, *ids));
  } else {
    BufferedOutput text(context.out);
    for (const IdGroup& group : groups) write_group(text, group, *ids, *btf);
    text.write(summary_text(counts));
    text.flush();
  }
  return options.fatal_warnings && !counts.all_right() ? Status::no : Status::yes;
}

/// What speaks against ids being those of the types in the file; empty when nothing does.
Diagnostics find_foreign(const Image& image, const BtfIds& ids, const Context& context, const Options& options) {
  const BtfPtr btf = load(image, context, options);
  if (!weigh_base(*btf).belongs()) return {};
  Diagnostics findings = check_ids(ids, *btf, false);
  std::erase_if(findings, [](const Diagnostic& finding) { return finding.severity != Severity::error; });
  return findings;
}

/// Whether a .BTF stands beside the ids that are to be put in, and is not that of the file.
bool was_written_with_another(const Image& image, const std::string& patch) {
  if (!patch.ends_with(BtfIds::section_name)) return false;
  const std::string path = patch.substr(0, patch.size() - BtfIds::section_name.size()) + std::string(btf_name);
  if (!std::filesystem::exists(path) || !has_section(image, btf_name)) return false;
  const Bytes beside = Bytes::map_file(path), own = btf_section(image);
  return as_text(beside.view()) != as_text(own.view());
}

/// Warns of ids that are not those of the types in the file. Where that cannot be told they are put in as they are.
void judge_patch(const Image& image, const Bytes& content, const Context& context, const Options& options) {
  const auto warn = [&](std::string_view why) {
    context.warn(
        fmt::format("{}: {}: {}: these are not the ids of the .BTF in the file; put the one that was written "
                    "with them in, too, or resolve with --no-sort",
                    image.name, BtfIds::section_name, why));
  };
  try {
    const std::optional<BtfIds> ids = BtfIds::read(*image.elf, content.view());
    if (!ids->has_symbols()) return;
    const Diagnostics findings = find_foreign(image, *ids, context, options);
    if (findings.empty()) return;
    const std::string more = findings.size() == 1 ? "" : fmt::format(" (and {} more are wrong)", findings.size() - 1);
    warn(findings.front().text + more);
  } catch (const Error& error) {
    // Without its base the BTF tells nothing, but the file beside the ids does.
    if (was_written_with_another(image, options.patch)) return warn("another .BTF stands beside them");
    context.note(fmt::format("{}: the ids were not compared with the types: {}", image.name, error.what()));
  }
}

Status run_patch(const Context& context, const Options& options) {
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

Status run(const Context& context, const Options& options) {
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
  const auto options = std::make_shared<Options>();
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
