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
       .help = "Types of a source; the word may be left out before the first",
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
       .help = "Types of a map of the running kernel: its key's and value's (`kv`), or all of its BTF",
       .where = Where::first,
       .one_of = selectors(options, RunningType::map),
       .maybe_one = std::move(parts)},
      {.word = "format",
       .argument = "FORMAT",
       .help = "`raw` (default), `json` (as -j), `c` or `layout`",
       .choices = {"raw", "c", "json", "layout"},
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
       .help = "Only types whose name matches a shell pattern; repeatable",
       .set = [options](const std::string& value) { options->filter.names.push_back(value); }},
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
  command.summary = "Print types as text, JSON, a C header or layouts";
  command.synopsis = {
      "[file] SOURCE [file SOURCE]... [format FORMAT] [root_id ID]... [name GLOB]... [kind KIND]...",
      "id ID | prog PROG | map MAP [key | value | kv | all] ...",
  };
  command.description = {
      "Prints the types of a source, one after the other. The words after the command are those of `bpftool btf dump`, "
      "and so is the output, byte for byte. Words may be shortened where that is unambiguous, except the first.",
      "Of a package or a directory the kernel image in it is taken. Several sources must be split on the same base. "
      "Their types are merged, every type once, as bpftool does it, and numbered from the base on; the running "
      "kernel's "
      "vmlinux among them, or what `-B` names, stands for the base.",
      "Of split BTF only its own types are printed; their ids continue those of the base, which is given with `-B` or "
      "found by the rules in `btfx`(1). Types chosen with `root_id` are printed in the given order and without the "
      "types that they refer to; ids of the base are allowed. Several `name` words, and several `kind` words, add up; "
      "a type must match one of each.",
  };
  command.words = dump_words(options);
  command.bare_word = "file";
  command.value("-o,--output", "FILE", options->output,
                "Write to FILE, which is replaced whole or not at all; `-` or none: to standard output");
  command.options.push_back({.names = "--guard",
                             .argument = "NAME",
                             .help = "C: the macro that guards against a second inclusion",
                             .set = [options](const std::string& value) {
                               if (!is_identifier(value)) {
                                 throw Error(ErrorCode::usage,
                                             fmt::format("'{}' cannot be the name of a macro", value));
                               }
                               options->c.guard = value;
                             }});
  command
      .flag("--preserve-access-index", options->c.preserve_access_index,
            "C: let clang record accesses for relocation (default)")
      .negation = "--no-preserve-access-index";
  command.options.push_back({.names = "--kfuncs",
                             .help = "C: declare all kernel functions that BPF programs may call, not only chosen ones",
                             .negation = "--no-kfuncs",
                             .set = [options](const std::string& answer) {
                               options->c.kfuncs = answer == "yes" ? Kfuncs::all : Kfuncs::none;
                             }});
  command.flag("--cplusplus", options->c.cplusplus, "C: write the header for C++ compilers");
  command.flag("--compat", options->c.avoid_libc,
               "C: prefix types that <stdint.h>, <stdbool.h> or <sys/types.h> define too with `vmlinux_`");
  command.flag("--packed-unions", options->c.packed_unions,
               "C: pack unions whose layout needs it, which bpftool forgets");
  command
      .flag("--ms-extensions", options->c.ms_extensions,
            "C: leave anonymous members with a tag to `-fms-extensions` (default)")
      .negation = "--no-ms-extensions";
  command.options.push_back({.names = "--cacheline",
                             .argument = "BYTES",
                             .help = "Layout: how long a cacheline is (default: 64)",
                             .set = [options](const std::string& value) {
                               const auto bytes = parse_number(value, 1, std::numeric_limits<std::uint32_t>::max());
                               if (!bytes)
                                 throw Error(ErrorCode::usage, fmt::format("'{}' is no size of a cacheline", value));
                               options->cacheline = static_cast<std::uint32_t>(*bytes);
                             }});
  command.sections = {
      {"TEXT FORMAT",
       {"A line for each type: its id in brackets, its kind, its name in quotes (`(anon)` without one), and its "
        "numbers. Members, enumerators, parameters and variables follow on lines that begin with a tab.",
        "    [12] STRUCT 'list_head' size=16 vlen=2\n"
        "        'next' type_id=13 bits_offset=0\n"
        "        'prev' type_id=13 bits_offset=64"}},
      {"C HEADERS",
       {"`format c` writes a header, the `vmlinux.h` of BPF programs: all types, those of the base among them, in an "
        "order that changes little from one kernel to the next, or with `unsorted` in that of their ids. With "
        "`root_id`, `name` or `kind` it holds the chosen types and what they need to compile; structs that are only "
        "pointed to are declared. Functions for BPF programs that a `name` matches are declared as well, and any "
        "function that is named in full: pahole before 1.27 did not mark which are for BPF programs.",
        "Without options the bytes are those of bpftool 7.8. With `--cplusplus`, reserved words get an underscore at "
        "their end, a typedef that shares its name with a tag gets another, and enums say how large they are. With "
        "`--compat` the header can stand beside those of a C library, before or after them: types of the same name "
        "get the prefix `vmlinux_`."}},
      {"LAYOUTS",
       {"`format layout` writes named structs and unions, and typedefs of anonymous ones, as C with comments: offset "
        "and size of every member in bytes (of a bitfield those of its unit, and the first bit after a colon), the "
        "holes between members, where cachelines begin, and totals. The figures are those of pahole(1)."}},
      {"JSON",
       {"One object; `types` lists the types. Each has `id`, `kind` and `name`, and then, by kind:",
        "* INT: size, bits_offset, nr_bits, encoding", "* PTR, TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG: type_id",
        "* ARRAY: type_id, index_type_id, nr_elems",
        "* STRUCT, UNION: size, vlen, members: a list of name, type_id, bits_offset and, of bitfields, bitfield_size",
        "* ENUM, ENUM64: encoding, size, vlen, values: a list of name, val", "* FWD: fwd_kind",
        "* FUNC, VAR: type_id, linkage", "* FUNC_PROTO: ret_type_id, vlen, params: a list of name, type_id",
        "* DATASEC: size, vlen, vars: a list of type_id, offset, size", "* FLOAT: size",
        "* DECL_TAG: type_id, component_idx",
        "As bpftool prints it, an unsigned value of an ENUM from 2^31 on is sign-extended to 64 bits, and bytes of "
        "names that are not text go out unchanged.",
        "With `format layout`: one object with `results`, a record for each composite, and `summary`. A record has "
        "`id`, `kind`, `name`, `size`, `cachelines`, `last_cacheline` (bytes in the last one, 0: all), `sum_members` "
        "and `holes`, `sum_holes`, `padding` in bytes, `sum_bitfields`, `bit_holes`, `sum_bit_holes`, `bit_padding` in "
        "bits, and `members`. These have `name`, `type` as C spells it, `type_id`, `offset` from the start of the "
        "whole, `size`, `cacheline`; bitfields `bit_offset` in their unit and `bitfield_size`; `hole` and `bit_hole` "
        "where one follows; and `members` where the type is anonymous. `summary` has `composites`, `sum_size`, "
        "`with_holes`, `sum_holes` and `sum_padding`."}},
  };
  command.examples = {
      {"btfx dump file /sys/kernel/btf/vmlinux", "All types of the running kernel"},
      {"btfx dump tun.ko.xz -B vmlinuz", "The types of a module, on the kernel it was built for"},
      {"btfx -j dump running name 'task_*' kind struct", "Some structs of the running kernel, as JSON"},
      {"btfx dump running format c -o vmlinux.h", "The header for BPF programs; the old one stays if that fails"},
      {"btfx dump running format c name task_struct name 'bpf_task_*'",
       "One struct and some kernel functions, with what they need"},
      {"btfx dump running format layout name sk_buff", "Offsets, holes and cachelines of a struct"},
      {"btfx dump map name events value", "The type of a map's values"},
  };
  command.run = [options](const Context& context) { return run_dump(context, *options); };
  return command;
}

}  // namespace btfx
