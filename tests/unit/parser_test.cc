#include "cmd/cli/parser.h"

#include <set>

#include "base/batch.h"
#include "catch.h"
#include "cmd/cli/help.h"
#include "support/btf_samples.h"

namespace btfx {
namespace {

/// What a command was told, in its order.
struct Told {
  std::vector<std::string> values;
  bool flag = false;
  GlobalOptions global;
};

/// Two commands: `copy SOURCE... TARGET [-o FILE] [--deep] [--kfuncs/--no-kfuncs] [--old]`, and `walk` with words.
std::vector<Command> commands(Told& told) {
  const auto note = [&told](std::string prefix) {
    return [&told, prefix = std::move(prefix)](const std::string& value) { told.values.push_back(prefix + value); };
  };
  Command copy;
  copy.name = "copy";
  copy.options = {
      {.names = "SOURCE", .argument = "SOURCE", .repeatable = true, .required = true, .set = note("source=")},
      {.names = "TARGET", .argument = "TARGET", .required = true, .set = note("target=")},
      {.names = "-o,--output", .argument = "FILE", .set = note("output=")},
      {.names = "--shape", .argument = "SHAPE", .choices = {"round", "square"}, .set = note("shape=")},
      {.names = "--kfuncs", .argument = {}, .negation = "--no-kfuncs", .set = note("kfuncs=")},
      {.names = "--old_style", .argument = {}, .hidden = true, .set = note("old=")},
  };
  copy.flag("-d,--deep", told.flag, "Copy what is inside, too");
  copy.run = [](const Context&) { return Status::no; };
  Command walk;
  walk.name = "walk";
  walk.several_bases = true;
  walk.words = {{.word = "to", .argument = "PLACE", .where = WordSpec::Where::anywhere, .set = note("to=")},
                {.word = "slowly", .argument = {}, .set = note("")}};
  walk.bare_word = "to";
  walk.run = [](const Context&) { return Status::yes; };
  return {copy, walk};
}

Told parse(const std::vector<std::string>& arguments) {
  Told told;
  told.global = parse_command_line(arguments, commands(told)).global;
  return told;
}

/// What a command line that asks for help or the version prints, by the definitions of the real commands.
std::string printed(const std::vector<std::string>& arguments) {
  const Invocation invocation = parse_command_line(arguments, all_commands());
  StringOutput out, err;
  Messages messages(err);
  invocation.run({.global = invocation.global, .out = out, .messages = messages});
  return out.text();
}

std::string refusal(const std::vector<std::string>& arguments) {
  const test::Caught caught = test::error_of([&] { parse(arguments); });
  CHECK(caught.code == ErrorCode::usage);
  return caught.sentence;
}

using Values = std::vector<std::string>;

TEST_CASE("Options reach their command in the order of the command line") {
  const Told told = parse({"copy", "--shape", "round", "a", "-o", "x", "-d", "b", "--output=y", "-oz"});
  CHECK(told.values == Values{"shape=round", "output=x", "output=y", "output=z", "source=a", "target=b"});
}

TEST_CASE("A repeatable argument leaves the ones after it what they need") {
  const Told told = parse({"copy", "a", "b", "c", "d"});
  CHECK(told.values == Values{"source=a", "source=b", "source=c", "target=d"});
}

TEST_CASE("Global options stand before the command, after it, and between its words") {
  for (const Values& arguments :
       {Values{"-j", "-B", "base", "--jobs=3", "walk", "home"}, Values{"walk", "home", "-j", "-Bbase", "--jobs", "3"},
        Values{"-j", "walk", "-B", "base", "to", "--jobs", "3", "home"},
        Values{"-jB", "base", "walk", "--jobs", "3", "home"}}) {
    const Told told = parse(arguments);
    CHECK(told.values == Values{"to=home"});
    CHECK(told.global.json);
    CHECK_FALSE(told.global.pretty);
    CHECK(told.global.jobs == 3);
    CHECK(told.global.base.sources == Values{"base"});
  }
}

TEST_CASE("The defaults of the global options") {
  const GlobalOptions global = parse({"walk", "home"}).global;
  CHECK_FALSE(global.json);
  CHECK(global.jobs == default_jobs());
  CHECK(global.verbosity == 0);
  CHECK(global.color == When::automatic);
  CHECK(global.progress == When::automatic);
  CHECK(global.base.sources.empty());
}

TEST_CASE("Every global option is understood, and of those that contradict the last counts") {
  const GlobalOptions global =
      parse({"-p", "--color", "never", "walk", "--color=always", "x", "--progress", "never"}).global;
  CHECK(global.json);
  CHECK(global.pretty);
  CHECK(global.color == When::always);
  CHECK(global.progress == When::never);
  CHECK(parse({"-q", "walk", "x", "-v"}).global.verbosity == 1);
  CHECK(parse({"-v", "walk", "x", "--quiet"}).global.verbosity == -1);
  CHECK(parse({"walk", "x", "-vq"}).global.verbosity == -1);
}

TEST_CASE("A flag can be taken back, and old spellings are understood") {
  CHECK(parse({"copy", "--kfuncs", "--no-kfuncs", "a", "b"}).values ==
        Values{"kfuncs=yes", "kfuncs=no", "source=a", "target=b"});
  CHECK(parse({"copy", "--old_style", "a", "b"}).values == Values{"old=yes", "source=a", "target=b"});
  CHECK(parse({"copy", "-d", "a", "b"}).flag);
  CHECK(parse({"copy", "--deep=true", "a", "b"}).flag);
  CHECK_FALSE(parse({"copy", "--deep", "--deep=false", "a", "b"}).flag);
  CHECK(parse({"copy", "--no-kfuncs=false", "a", "b"}).values == Values{"kfuncs=yes", "source=a", "target=b"});
  CHECK_FALSE(parse({"walk", "x", "--pretty=false"}).global.json);
}

TEST_CASE("After -- everything is an argument, and a lone dash is one anywhere") {
  CHECK(parse({"copy", "--", "-o", "--deep"}).values == Values{"source=-o", "target=--deep"});
  CHECK(parse({"copy", "a", "--", "--"}).values == Values{"source=a", "target=--"});
  CHECK(parse({"--", "copy", "-d", "b"}).values == Values{"source=-d", "target=b"});
  CHECK(parse({"copy", "-", "b"}).values == Values{"source=-", "target=b"});
}

TEST_CASE("Values may look like options, lists or commands") {
  CHECK(parse({"copy", "-o", "-d", "a", "b"}).values == Values{"output=-d", "source=a", "target=b"});
  CHECK(parse({"copy", "-o", "[a,b]", "[c,d]", "[e]"}).values == Values{"output=[a,b]", "source=[c,d]", "target=[e]"});
  CHECK(parse({"copy", "walk", "copy"}).values == Values{"source=walk", "target=copy"});
  CHECK(parse({"walk", "a b\nc"}).values == Values{"to=a b\nc"});
}

TEST_CASE("What makes no sense is one sentence that says where to read more") {
  CHECK(refusal({"-j"}) == "no command given (see 'btfx --help')");
  CHECK(refusal({"cop"}) == "unknown command 'cop'; did you mean 'copy'? (see 'btfx --help')");
  CHECK(refusal({"xyz"}) == "unknown command 'xyz' (see 'btfx --help')");
  CHECK(refusal({"copy", "a", ""}) == "TARGET: the value is empty (see 'btfx copy --help')");
  CHECK(refusal({"--jsn", "copy"}) == "unknown option '--jsn'; did you mean '--json'? (see 'btfx --help')");
  CHECK(refusal({"--output", "x", "copy"}) == "unknown option '--output' (see 'btfx --help')");
  CHECK(refusal({"copy", "--outptu=x", "a", "b"}) ==
        "unknown option '--outptu'; did you mean '--output'? (see 'btfx copy --help')");
  CHECK(refusal({"copy", "-jx", "a", "b"}) == "unknown option '-x' (see 'btfx copy --help')");
  CHECK(refusal({"copy", "-5", "a", "b"}) == "unknown option '-5' (see 'btfx copy --help')");
  CHECK(refusal({"copy", "a", "b", "-o"}) == "--output: 1 required FILE missing (see 'btfx copy --help')");
  CHECK(refusal({"copy", "--output=", "a", "b"}) == "--output: the value is empty (see 'btfx --help')");
  CHECK(refusal({"copy", "--output", "", "a", "b"}) == "--output: the value is empty (see 'btfx copy --help')");
  CHECK(refusal({"copy", "--deep=", "a", "b"}) == "--deep: the value is empty (see 'btfx --help')");
  CHECK(refusal({"copy", "--shape", "flat", "a", "b"}) ==
        "--shape: 'flat' is not 'round' or 'square' (see 'btfx copy --help')");
  CHECK(refusal({"copy"}) == "SOURCE is missing (see 'btfx copy --help')");
  CHECK(refusal({"copy", "a"}) == "TARGET is missing (see 'btfx copy --help')");
  CHECK(refusal({"walk"}) == "PLACE is missing (see 'btfx walk --help')");
  CHECK(refusal({"copy", "-B", "x", "-B", "y", "a", "b"}) ==
        "'copy' takes one base, 2 are given (see 'btfx copy --help')");
  CHECK(refusal({"walk", "x", "--color", "red"}) ==
        "--color: 'red' is not 'auto', 'always' or 'never' (see 'btfx walk --help')");
}

TEST_CASE("An option that takes all arguments up to the next option is named where it took too many") {
  std::vector<std::string> objects, modules;
  Command command;
  command.name = "load";
  command.list("OBJECT", "OBJECT", objects, "An object").required = true;
  command.list("--modules", "MODULE...", modules, "Modules").greedy = true;
  CHECK_THROWS_WITH(parse_command_line({"load", "--modules", "a", "b"}, {command}),
                    "OBJECT is missing; --modules takes all arguments up to the next option, so give OBJECT before it "
                    "(see 'btfx load --help')");
  CHECK_THROWS_WITH(parse_command_line({"load"}, {command}), "OBJECT is missing (see 'btfx load --help')");
  modules.clear();
  parse_command_line({"load", "o", "--modules", "a", "b", "-j"}, {command});
  CHECK(objects == Values{"o"});
  CHECK(modules == Values{"a", "b"});
}

TEST_CASE("Habits of other tools get a command line to paste") {
  const auto hint = [](const Values& arguments) {
    try {
      parse_command_line(arguments, all_commands());
    } catch (const Error& error) {
      return error.sentence();
    }
    return std::string("accepted");
  };
  CHECK(hint({"gen", "min_core_btf", "vmlinux.btf", "small.btf", "a.o", "my b.o"}) ==
        "unknown command 'gen'; use: btfx core a.o 'my b.o' -B vmlinux.btf --minimal small.btf (see 'btfx --help')");
  CHECK(hint({"gen"}) == "unknown command 'gen'; use: btfx core OBJECT -B BASE --minimal FILE (see 'btfx --help')");
  CHECK(hint({"gen", "skeleton"}) == "unknown command 'gen' (see 'btfx --help')");
  CHECK(hint({"btf", "header", "v.btf"}) ==
        "unknown command 'header'; use: btfx dump v.btf format c -o vmlinux.h (see 'btfx --help')");
  CHECK(hint({"pahole", "vmlinux", "sk_buff"}) ==
        "unknown command 'pahole'; use: btfx dump vmlinux format layout name sk_buff (see 'btfx --help')");
  CHECK(hint({"-C", "task_struct", "v.btf"}) ==
        "unknown option '-C'; use: btfx dump v.btf format layout name task_struct (see 'btfx --help')");
  CHECK(hint({"dump", "v.btf", "task_struct"}) ==
        "unknown word 'task_struct', expected 'file', 'format', 'root_id', 'name', 'kind', 'unsorted', 'holes', "
        "'contains', 'pointers-to', 'sizes' or 'expand'; for the type of that name use: name task_struct (see 'btfx "
        "dump --help')");
  CHECK(hint({"dump", "v.btf", "-C", "task_struct,sk_*"}) == "accepted");
}

TEST_CASE("A topic of the manual is printed as text") {
  const auto help = [](const std::string& topic) { return topic_text(topic); };
  CHECK(help("sources").starts_with("A SOURCE, MODULE or BASE is a file"));
  CHECK(help("sources").find("\n  * running: the running kernel\n") != std::string::npos);
  CHECK(help("exit-status").starts_with("  * 0: the answer is yes: done, valid, equal, resolved\n"));
  CHECK(help("dump").empty());
  CHECK(help("").empty());
}

TEST_CASE("The number of jobs is a number, and not 0") {
  for (const char* jobs : {"0", "-1", "1025", "two", "1x", " 1", "0x10", "99999999999999999999"}) {
    CHECK(refusal({"walk", "x", "--jobs", jobs}) ==
          "--jobs: '" + std::string(jobs) + "' is not a number from 1 to 1024 (see 'btfx walk --help')");
  }
}

TEST_CASE("Several bases go to commands that take them") {
  CHECK(parse({"-B", "a", "walk", "x", "-B", "b"}).global.base.sources == Values{"a", "b"});
  CHECK(parse({"-B", "none", "walk", "x"}).global.base.forbidden());
}

TEST_CASE("Help and version win over everything that is missing or wrong elsewhere") {
  const std::string version = "btfx " BTFX_VERSION "\n";
  CHECK(printed({"-V"}) == version);
  CHECK(printed({"extract", "--version"}) == version);
  CHECK(printed({"--help"}).starts_with("Usage: btfx [OPTIONS] COMMAND [ARGUMENTS]\n"));
  CHECK(printed({"extract", "-h"}).find("\nWrite a BTF section as a file.\n") != std::string::npos);
  CHECK(printed({"version"}) == version);
  CHECK(printed({}) == printed({"--help"}));
  CHECK(printed({"btf"}) == printed({"--help"}));
  CHECK(printed({"help"}) == printed({"--help"}));
  CHECK(printed({"ls", "-h"}) == printed({"list", "-h"}));
  CHECK(printed({"btf", "dump", "-h"}) == printed({"dump", "-h"}));
  CHECK(printed({"-h", "extract"}) == printed({"extract", "--nonsense", "--help"}));
}

TEST_CASE("The real commands define each name once, and every option can be given") {
  GlobalOptions global;
  const std::vector<OptionSpec> globals = global_option_specs(global);
  std::set<std::string> names;
  for (const Command& command : all_commands()) {
    INFO(command.name);
    CHECK(names.insert(command.name).second);
    std::set<std::string> options;
    std::vector<OptionSpec> specs = command.options;
    specs.insert(specs.end(), globals.begin(), globals.end());
    for (const OptionSpec& spec : specs) {
      INFO(spec.names);
      for (const std::string& name : spec.name_list()) CHECK(options.insert(name).second);
      CHECK(((spec.hidden || !spec.help.empty()) && !spec.help.ends_with('.')));
    }
    // Help is printed before anything is set, so that this only takes the definitions in.
    CHECK_NOTHROW(parse_command_line({command.name, "--help"}, all_commands()));
  }
}

}  // namespace
}  // namespace btfx
