// dump: print types.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/glob.h"
#include "base/suggest.h"
#include "cmd/cli/command.h"
#include "cmd/page_origin.h"
#include "emit/c/dump_c.h"
#include "emit/dump/dump_json.h"
#include "emit/dump/dump_layout.h"
#include "emit/dump/dump_raw.h"
#include "emit/dump/layout_page.h"
#include "emit/dump/selection.h"
#include "image/running.h"
#include "run/outputs/destination.h"
#include "run/reading/sources.h"

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
  LayoutOptions layout;
  std::string layout_word;  ///< a word that only `format layout` knows, if one was used
  std::string output;       ///< a file; empty or `-` for standard output
  std::string report;       ///< a file for a page; empty: none

  [[nodiscard]] bool to_file() const { return !output.empty() && output != "-"; }

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
  std::vector<TypeId> functions;
  bool others = false;
};

/// The functions that are called by their full names, which mean nothing else.
std::vector<TypeId> named_functions(const Btf& btf, const TypeSelection& types, const TypeFilter& filter) {
  std::map<std::string_view, Named> named;
  for (const std::string& name : filter.names) {
    if (!is_glob(name)) named[name];
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    const TypeView type = btf.type(types[i]);
    const auto found = named.find(type.name());
    if (found == named.end()) continue;
    if (type.kind() != Kind::func) {
      found->second.others = true;
    } else {
      found->second.functions.push_back(types[i]);
    }
  }
  std::vector<TypeId> functions;
  for (const auto& [name, meant] : named) {
    if (!meant.others) functions.insert(functions.end(), meant.functions.begin(), meant.functions.end());
  }
  return functions;
}

/// Whether any type from `first` on is one of which `matches` is true.
template <typename Matches>
bool any_type(const Btf& btf, TypeId first, const Matches& matches) {
  for (TypeId id = first; id != btf.end_id(); ++id) {
    if (matches(btf.type(id))) return true;
  }
  return false;
}

/// `; did you mean '...'?` out of the names of the types from `first` on of which `may_be_meant` is true.
template <typename MayBeMeant>
std::string suggestion(std::string_view name, const Btf& btf, TypeId first, const MayBeMeant& may_be_meant) {
  std::set<std::string_view> names;
  for (TypeId id = first; id != btf.end_id(); ++id) {
    const TypeView type = btf.type(id);
    if (type.is_named() && may_be_meant(type)) names.insert(type.name());
  }
  return did_you_mean(name, {names.begin(), names.end()});
}

/// Says which names match nothing, since what is misspelt would silently be missing. Returns whether there are any.
bool warn_of_unmatched(const Btf& btf, const TypeSelection& types, const TypeFilter& filter, const Context& context) {
  bool lacks = false;
  for (const std::string& name : filter.names) {
    const TypeFilter one{.names = {name}, .kinds = filter.kinds};
    bool matches = false;
    for (std::size_t i = 0; i < types.size() && !matches; ++i) matches = one.matches(btf.type(types[i]));
    if (matches) continue;
    lacks = true;
    std::string hint;
    if (btf.base() && any_type(*btf.base(), TypeId{1}, [&](TypeView type) { return one.matches(type); })) {
      hint = "; the base has one, which is shown when the base itself is dumped";
    } else {
      const TypeFilter kinds{.names = {}, .kinds = filter.kinds};
      hint = suggestion(name, btf, btf.first_id(), [&](TypeView type) { return kinds.matches(type); });
      if (hint.empty() && btf.base()) hint = "; neither has the base";
    }
    context.warn(
        fmt::format("no {} has a name like '{}'{}", filter.kinds.empty() ? "type" : "type of that kind", name, hint));
  }
  return lacks;
}

/// The same of the types that a question about layouts names.
bool warn_of_unknown(const Btf& btf, const LayoutQuery& query, const Context& context) {
  bool lacks = false;
  for (const auto* globs : {&query.contains, &query.pointers_to}) {
    for (const std::string& glob : *globs) {
      if (any_type(btf, TypeId{1}, [&](TypeView type) { return answers_to(type, glob); })) continue;
      lacks = true;
      const auto may_be_meant = [](TypeView type) { return answers_to(type, "*"); };
      context.warn(fmt::format("no type has a name like '{}'{}", glob,
                               suggestion(glob.substr(glob.rfind(' ') + 1), btf, TypeId{1}, may_be_meant)));
    }
  }
  return lacks;
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
  const RunningObject object = find_running(*options.running, [&](std::uint32_t btf_id, std::uint32_t function) {
    const BtfPtr btf = open_running(btf_id, context);
    const TypeId id{function};
    return id < btf->end_id() ? std::string(btf->type(id).name()) : std::string();
  });
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

/// What the types come from, for a title.
std::string source_text(const DumpOptions& options) {
  if (options.running) return options.running->value;
  std::string text;
  for (const std::string& file : options.files) text += (text.empty() ? "" : ", ") + file;
  return text;
}

/// Writes the page with layouts, if there are any.
void write_report(const Btf& btf, const TypeSelection& types, const LayoutOptions& layout, const DumpOptions& options,
                  const Context& context) {
  StringOutput page;
  if (write_layout_page(btf, types, layout, source_text(options), page_origin(context), page) != 0) {
    replace_file(options.report, as_bytes(page.text()));
  }
}

/// Returns Status::no when a name matches nothing, or nothing is what a question asks for; a file is left alone then.
Status print_types(const Btf& btf, const DumpOptions& options, const Context& context, Output& out) {
  const bool json = context.global.json || options.format == Format::json;
  const TypeSelection types = select(btf, options);
  const bool lacks = warn_of_unmatched(btf, types, options.filter, context) ||
                     (options.layout.query.asks() && warn_of_unknown(btf, options.layout.query, context));
  if (lacks && (options.to_file() || !options.report.empty() || (types.size() == 0 && options.format == Format::c)))
    return Status::no;
  if (options.format == Format::c) {
    dump_header(btf, types, options, context, out);
  } else if (options.format == Format::layout) {
    LayoutOptions layout = options.layout;
    layout.anonymous = !options.roots.empty();
    layout.color = context.out_color && !options.to_file();
    if (!options.report.empty()) write_report(btf, types, layout, options, context);
    const std::size_t shown = json ? dump_layout_json(btf, types, layout, context.global.pretty, out)
                                   : dump_layout(btf, types, layout, out, context.global.jobs);
    if (shown == 0 && layout.query.asks()) return Status::no;
  } else if (json) {
    dump_json(btf, types, context.global.pretty ? JsonLayout::pretty : JsonLayout::compact, out, context.global.jobs);
  } else {
    dump_raw(btf, types, out, context.global.jobs);
  }
  return lacks ? Status::no : Status::yes;
}

Status run_dump(const Context& context, DumpOptions options) {
  if (context.global.json && options.format == Format::c) {
    throw Error(ErrorCode::usage, "a C header cannot be printed as JSON");
  }
  if (!options.roots.empty() && options.selects()) {
    throw Error(ErrorCode::usage, "root_id cannot be used with name or kind");
  }
  if (options.format != Format::layout && !options.layout_word.empty()) {
    throw Error(ErrorCode::usage, fmt::format("'{}' asks about layouts: add `format layout`", options.layout_word));
  }
  if (options.format != Format::layout && !options.report.empty()) {
    throw Error(ErrorCode::usage, "--report writes a page of layouts: add `format layout`");
  }
  refuse_stdout("--report", options.report);
  std::vector<std::string> inputs = options.files;
  inputs.insert(inputs.end(), context.global.base.sources.begin(), context.global.base.sources.end());
  const std::vector<std::pair<std::string, std::string>> outputs{{"--output", options.output},
                                                                 {"--report", options.report}};
  refuse_clobbering(outputs, inputs);
  const BtfPtr btf = open_asked(options, context);
  const auto print = [&](Output& out) {
    try {
      return print_types(*btf, options, context, out);
    } catch (const Error& error) {
      throw options.files.size() == 1 ? error.in(options.files.front()) : error;
    }
  };
  if (!options.to_file()) return print(context.out);
  ReplacedFile file(options.output);
  const Status status = print(file);
  if (status != Status::yes) return status;
  file.finish();
  file.commit();
  return status;
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
  std::vector<WordSpec> words = {selector("id", "ID", Complete::running, SelectBy::id),
                                 selector("name", "NAME", Complete::running, SelectBy::name),
                                 selector("pinned", "FILE", Complete::file, SelectBy::pinned)};
  if (type == RunningType::program) words.push_back(selector("tag", "TAG", Complete::running, SelectBy::tag));
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
       .complete = Complete::running,
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
       .help = "Only types of a kind, such as struct or func_proto; several with commas; repeatable",
       .complete = Complete::kind,
       .set =
           [options](const std::string& value) {
             for (const std::string& word : list_parts(value)) {
               const std::optional<Kind> kind = kind_of_name(word);
               if (!kind) {
                 throw Error(ErrorCode::usage,
                             fmt::format("unknown kind '{}'{}", word, did_you_mean(word, kind_words())));
               }
               options->filter.kinds.push_back(*kind);
             }
           }},
      {.word = "unsorted",
       .argument = {},
       .help = "Do not sort the types of a C dump",
       .set = [options](const std::string&) { options->c.sorted = false; }},
  };
}

/// The words of `format layout`, which answer what pahole is asked.
std::vector<WordSpec> layout_words(const std::shared_ptr<DumpOptions>& options) {
  const auto word = [&](const std::string& name, const std::string& argument, const std::string& help, auto set) {
    return WordSpec{
        .word = name, .argument = argument, .help = help, .set = [options, name, set](const std::string& value) {
          options->layout_word = name;
          set(options->layout, value);
        }};
  };
  return {
      word("holes", "N", "Layout: only structs with N holes or more, or with that many bytes of them: `64B`",
           [](LayoutOptions& layout, const std::string& value) {
             const bool in_bytes = value.ends_with('B') || value.ends_with('b');
             const auto number = parse_number(value.substr(0, value.size() - (in_bytes ? 1 : 0)), 1,
                                              std::numeric_limits<std::uint32_t>::max());
             if (!number) throw Error(ErrorCode::usage, fmt::format("'{}' is not a number of holes or bytes", value));
             (in_bytes ? layout.query.hole_bytes : layout.query.holes) = number;
           }),
      word("contains", "TYPE", "Layout: only structs and unions that hold a type of that name by value; repeatable",
           [](LayoutOptions& layout, const std::string& value) { add_names(value, layout.query.contains); }),
      word("pointers-to", "TYPE", "Layout: only structs and unions that hold a pointer to such a type; repeatable",
           [](LayoutOptions& layout, const std::string& value) { add_names(value, layout.query.pointers_to); }),
      word("sizes", {}, "Layout: a table of sizes and holes, the largest first",
           [](LayoutOptions& layout, const std::string&) { layout.sizes = true; }),
      word("expand", {}, "Layout: show the members of what is held by value, too",
           [](LayoutOptions& layout, const std::string&) { layout.expand = true; }),
  };
}

}  // namespace

Command make_dump_command() {
  const auto options = std::make_shared<DumpOptions>();
  Command command;
  command.name = "dump";
  command.words = dump_words(options);
  for (WordSpec& word : layout_words(options)) command.words.push_back(std::move(word));
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
  command.flag(
      "--compat", options->c.avoid_libc,
      "C: give types that <stdint.h>, <stddef.h>, <stdbool.h> and <sys/types.h> also define the prefix `vmlinux_`");
  command.flag("--packed-unions", options->c.packed_unions,
               "C: pack unions whose layout requires it; bpftool does not");
  command
      .flag("--ms-extensions", options->c.ms_extensions,
            "C: rely on `-fms-extensions` for anonymous members with a tag (default)")
      .negation = "--no-ms-extensions";
  command.number("--cacheline", "BYTES", options->layout.cacheline, 1, UINT32_MAX,
                 "Layout: the size of a cacheline; default: 64");
  command.value("--report", "FILE", options->report,
                "Layout: also write an HTML page to FILE, with a picture of each struct and union");
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
