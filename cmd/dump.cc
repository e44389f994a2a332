// dump: print types.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "base/atomic_file.h"
#include "cmd/cli/command.h"
#include "cmd/cli/suggest.h"
#include "cmd/outputs/destination.h"
#include "cmd/sources.h"
#include "emit/c/dump_c.h"
#include "emit/dump/dump_json.h"
#include "emit/dump/dump_layout.h"
#include "emit/dump/dump_raw.h"
#include "emit/dump/selection.h"
#include "image/running.h"

namespace btfx {

namespace {

enum class Format { raw, c, json, layout };

/// What the words of a dump ask for.
struct DumpOptions {
  std::vector<std::string> files;
  std::optional<RunningSelector> running;  ///< a BTF object, program or map instead of files
  std::string map_part = "kv";
  Format format = Format::raw;
  std::vector<TypeId> roots;
  TypeFilter filter;
  DumpCOptions c;
  std::uint32_t cacheline = 64;
  std::string output;  ///< a file; empty or `-` for standard output

  [[nodiscard]] bool selects() const { return !filter.names.empty() || !filter.kinds.empty(); }
};

void add_names(const std::string& list, std::vector<std::string>& names) {
  for (std::string& name : list_parts(list)) names.push_back(std::move(name));
}

TypeId parse_root(const std::string& text) {
  const auto id = parse_number(text, 0, std::numeric_limits<std::uint32_t>::max(), true);
  if (!id) throw Error(ErrorCode::usage, fmt::format("can't parse '{}' as root ID", text));
  return TypeId{static_cast<std::uint32_t>(*id)};
}

/// The type ids of a map's key and value that are asked for.
std::vector<TypeId> map_roots(const RunningObject& map, const std::string& part) {
  std::vector<TypeId> roots;
  if (part == "key" || part == "kv") roots.push_back(TypeId{map.key_type});
  if (part == "value" || part == "kv") roots.push_back(TypeId{map.value_type});
  return roots;
}

TypeSelection select(const Btf& btf, const DumpOptions& options) {
  if (!options.roots.empty()) return TypeSelection::listed(btf, options.roots);
  if (options.selects()) return TypeSelection::matching(btf, options.filter);
  return TypeSelection::own(btf);
}

/// What bears a name.
struct Named {
  std::optional<TypeId> function;
  bool others = false;
};

/// The functions that are called by their full names, which mean nothing else.
std::vector<TypeId> named_functions(const Btf& btf, const TypeSelection& types, const TypeFilter& filter) {
  std::map<std::string_view, Named> named;
  for (const std::string& name : filter.names) {
    if (name.find_first_of("*?[\\") == std::string::npos) named[name];
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    const TypeView type = btf.type(types[i]);
    const auto found = named.find(type.name());
    if (found == named.end()) continue;
    if (type.kind() != Kind::func) {
      found->second.others = true;
    } else if (!found->second.function) {
      found->second.function = types[i];
    }
  }
  std::vector<TypeId> functions;
  for (const auto& [name, meant] : named) {
    if (meant.function && !meant.others) functions.push_back(*meant.function);
  }
  return functions;
}

/// A name that is misspelt would silently be missing.
void warn_of_unmatched(const Btf& btf, const TypeSelection& types, const TypeFilter& filter, const Context& context) {
  for (const std::string& name : filter.names) {
    const TypeFilter one{.names = {name}, .kinds = {}};
    bool matches = false;
    for (std::size_t i = 0; i < types.size() && !matches; ++i) matches = one.matches(btf.type(types[i]));
    if (matches) continue;
    const std::string_view where = btf.base() ? "; those of the base were not looked at" : "";
    context.warn(
        fmt::format("no {} has a name like '{}'{}", filter.kinds.empty() ? "type" : "type of that kind", name, where));
  }
}

/// All types, those of the base among them, or the chosen ones with what they need.
void dump_header(const Btf& btf, const TypeSelection& types, const DumpOptions& options, const Context& context,
                 Output& out) {
  DumpCOptions c = options.c;
  if (!options.roots.empty() || options.selects()) {
    c.roots.emplace();
    for (std::size_t i = 0; i < types.size(); ++i) c.roots->push_back(types[i]);
    if (options.selects() && c.kfuncs == Kfuncs::automatic) c.kfuncs = Kfuncs::selected;
    c.functions = named_functions(btf, types, options.filter);
  }
  Diagnostics diagnostics;
  dump_c(btf, c, out, diagnostics, context.global.jobs);
  for (const Diagnostic& diagnostic : diagnostics) context.report(diagnostic);
}

/// The BTF that is asked for. The types of a map are added to the roots.
BtfPtr open_asked(DumpOptions& options, const Context& context) {
  if (!options.running) return open_sources(options.files, context);
  const RunningObject object = find_running(*options.running);
  BtfPtr btf = open_running(object.btf_id, context);
  if (options.running->type == RunningType::map) {
    const std::vector<TypeId> roots = map_roots(object, options.map_part);
    if (!roots.empty() && !options.roots.empty()) {
      throw Error(ErrorCode::usage, "root_id cannot be used with the key or value of a map");
    }
    if (!roots.empty()) options.roots = roots;
  }
  return btf;
}

void print_types(const Btf& btf, const DumpOptions& options, const Context& context, Output& out) {
  const bool json = context.global.json || options.format == Format::json;
  const TypeSelection types = select(btf, options);
  warn_of_unmatched(btf, types, options.filter, context);
  if (options.format == Format::c) {
    dump_header(btf, types, options, context, out);
  } else if (options.format == Format::layout) {
    const LayoutOptions layout{.cacheline = options.cacheline, .anonymous = !options.roots.empty()};
    if (json) {
      dump_layout_json(btf, types, layout, context.global.pretty, out);
    } else {
      dump_layout(btf, types, layout, out, context.global.jobs);
    }
  } else if (json) {
    dump_json(btf, types, context.global.pretty ? JsonLayout::pretty : JsonLayout::compact, out, context.global.jobs);
  } else {
    dump_raw(btf, types, out, context.global.jobs);
  }
}

Status run_dump(const Context& context, DumpOptions options) {
  if (context.global.json && options.format == Format::c) {
    throw Error(ErrorCode::usage, "a C header cannot be printed as JSON");
  }
  if (!options.roots.empty() && options.selects()) {
    throw Error(ErrorCode::usage, "root_id cannot be used with name or kind");
  }
  refuse_clobbering("--output", options.output, {options.files, context.global.base.sources});
  const BtfPtr btf = open_asked(options, context);
  const auto print = [&](Output& out) {
    try {
      print_types(*btf, options, context, out);
    } catch (const Error& error) {
      throw options.files.size() == 1 ? error.in(options.files.front()) : error;
    }
  };
  if (options.output.empty() || options.output == "-") {
    print(context.out);
    return Status::yes;
  }
  ReplacedFile file(options.output);
  print(file);
  file.finish();
  file.commit();
  return Status::yes;
}

bool is_identifier(std::string_view text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", digits = "0123456789";
  return letters.find(text.front()) != std::string_view::npos &&
         text.find_first_not_of(std::string(letters) + std::string(digits)) == std::string_view::npos;
}

/// The words `id N`, `pinned FILE`, ... that name one object of the running kernel.
std::vector<WordSpec> selectors(const std::shared_ptr<DumpOptions>& options, RunningType type) {
  const auto selector = [&](std::string word, std::string argument, Complete complete, SelectBy by) {
    const auto set = [options, type, by](const std::string& value) {
      options->running = RunningSelector{.type = type, .by = by, .value = value};
    };
    return WordSpec{
        .word = std::move(word), .argument = std::move(argument), .help = {}, .complete = complete, .set = set};
  };
  std::vector<WordSpec> words = {selector("id", "ID", Complete::nothing, SelectBy::id),
                                 selector("name", "NAME", Complete::nothing, SelectBy::name),
                                 selector("pinned", "FILE", Complete::file, SelectBy::pinned)};
  if (type == RunningType::program) words.push_back(selector("tag", "TAG", Complete::nothing, SelectBy::tag));
  return words;
}

std::vector<WordSpec> dump_words(const std::shared_ptr<DumpOptions>& options) {
  using Where = WordSpec::Where;
  std::vector<WordSpec> parts;
  for (const char* part : {"key", "value", "kv", "all"}) {
    parts.push_back({.word = part, .argument = {}, .help = {}, .set = [options](const std::string& word) {
                       options->map_part = word;
                     }});
  }
  return {
      {.word = "file",
       .argument = "SOURCE",
       .help = "Types of a source; the first needs no `file`",
       .complete = Complete::source,
       .where = Where::anywhere,
       .set = [options](const std::string& value) { options->files.push_back(value); }},
      {.word = "id",
       .argument = "ID",
       .help = "Types of the BTF object with that id in the running kernel",
       .where = Where::first,
       .set =
           [options](const std::string& value) {
             options->running = RunningSelector{.type = RunningType::btf, .by = SelectBy::id, .value = value};
           }},
      {.word = "prog",
       .argument = "PROG",
       .help = "Types of a program loaded in the running kernel",
       .where = Where::first,
       .one_of = selectors(options, RunningType::program)},
      {.word = "map",
       .argument = "MAP",
       .help = "Types of a map of the running kernel: of its key and value (`kv`, the default), of one of them, or all "
               "of its BTF",
       .where = Where::first,
       .one_of = selectors(options, RunningType::map),
       .maybe_one = std::move(parts)},
      {.word = "format",
       .argument = "FORMAT",
       .help = "`raw` (default), `json` (as -j), `c` or `layout`",
       .choices = {"raw", "c", "json", "layout"},
       .choice_help = {"a line for each type and member", "a header for C", "the same as -j",
                       "offsets, sizes and holes"},
       .set =
           [options](const std::string& value) {
             options->format = value == "raw"    ? Format::raw
                               : value == "c"    ? Format::c
                               : value == "json" ? Format::json
                                                 : Format::layout;
           }},
      {.word = "root_id",
       .argument = "ID",
       .help = "Only the type with this id; repeatable",
       .set =
           [options](const std::string& value) {
             const TypeId root = parse_root(value);
             if (std::find(options->roots.begin(), options->roots.end(), root) != options->roots.end()) {
               throw Error(ErrorCode::usage, fmt::format("duplicate root_id {}", raw(root)));
             }
             options->roots.push_back(root);
           }},
      {.word = "name",
       .argument = "GLOB",
       .help = "Only types whose name matches a shell pattern; several with commas, or with the word again",
       .complete = Complete::type_name,
       .set = [options](const std::string& value) { add_names(value, options->filter.names); }},
      {.word = "kind",
       .argument = "KIND",
       .help = "Only types of a kind, such as struct or func_proto; repeatable",
       .complete = Complete::kind,
       .set =
           [options](const std::string& value) {
             const std::optional<Kind> kind = kind_of_name(value);
             if (!kind) {
               throw Error(ErrorCode::usage,
                           fmt::format("unknown kind '{}'{}", value, did_you_mean(value, kind_words())));
             }
             options->filter.kinds.push_back(*kind);
           }},
      {.word = "unsorted",
       .argument = {},
       .help = "Do not sort the types of a C dump",
       .set = [options](const std::string&) { options->c.sorted = false; }},
  };
}

}  // namespace

Command make_dump_command() {
  const auto options = std::make_shared<DumpOptions>();
  Command command;
  command.name = "dump";
  command.words = dump_words(options);
  command.bare_word = "file";
  command.value("-o,--output", "FILE", options->output,
                "Write to FILE, which is replaced as a whole or not at all; default: standard output (`-`)");
  command.value("--guard", "NAME", options->c.guard, "C: the name of the include guard", Complete::nothing).check =
      [](const std::string& name) {
        return is_identifier(name) ? "" : fmt::format("'{}' is not a name for a macro", name);
      };
  command
      .flag("--preserve-access-index", options->c.preserve_access_index,
            "C: let clang record field accesses for CO-RE relocations (default)")
      .negation = "--no-preserve-access-index";
  command.options.push_back({.names = "--kfuncs",
                             .help = "C: declare all kfuncs, not only selected ones",
                             .negation = "--no-kfuncs",
                             .set = [options](const std::string& answer) {
                               options->c.kfuncs = answer == "yes" ? Kfuncs::all : Kfuncs::none;
                             }});
  command.flag("--cplusplus", options->c.cplusplus, "C: write a header that C++ compilers accept");
  command.flag("--compat", options->c.avoid_libc,
               "C: give types that <stdint.h>, <stdbool.h> and <sys/types.h> also define the prefix `vmlinux_`");
  command.flag("--packed-unions", options->c.packed_unions,
               "C: pack unions whose layout requires it; bpftool does not");
  command
      .flag("--ms-extensions", options->c.ms_extensions,
            "C: rely on `-fms-extensions` for anonymous members with a tag (default)")
      .negation = "--no-ms-extensions";
  command.number("--cacheline", "BYTES", options->cacheline, 1, UINT32_MAX,
                 "Layout: the size of a cacheline; default: 64");
  // What pahole calls it.
  command.options.push_back({.names = "-C,--class_name",
                             .argument = "NAME",
                             .complete = Complete::type_name,
                             .hidden = true,
                             .set = [options](const std::string& value) {
                               options->format = Format::layout;
                               add_names(value, options->filter.names);
                             }});
  command.run = [options](const Context& context) { return run_dump(context, *options); };
  return command;
}

}  // namespace btfx
