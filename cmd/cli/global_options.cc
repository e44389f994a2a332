#include "base/batch.h"
#include "cmd/cli/command.h"

namespace btfx {

namespace {

constexpr unsigned most_jobs = 1024;

}  // namespace

std::vector<OptionSpec> global_option_specs(GlobalOptions& global) {
  const std::vector<Choice<When>> when = {{"auto", When::automatic, "on a terminal only"},
                                          {"always", When::always, "to files and pipes as well"},
                                          {"never", When::never, "not at all"}};
  global.jobs = default_jobs();
  Command specs;
  specs.list("-B,--base-btf", "SOURCE", global.base.sources,
             "The base of split BTF; `none` turns the search for it off", Complete::base);
  specs.flag("-j,--json", global.json, "Print results as JSON");
  specs.options.push_back(
      {.names = "-p,--pretty",
       .argument = {},
       .help = "Print results as indented JSON",
       .set = [&global](const std::string& value) { global.json = global.pretty = value == "yes"; }});
  specs.number("--jobs", "N", global.jobs, 1, most_jobs, "Number of worker threads; default: the number of processors");
  specs.options.push_back({.names = "-q,--quiet",
                           .argument = {},
                           .help = "Print errors only, and instead of a report nothing: the exit status answers",
                           .set = [&global](const std::string& value) { global.verbosity = value == "yes" ? -1 : 0; }});
  specs.options.push_back({.names = "-v,--verbose",
                           .argument = {},
                           .help = "Say on standard error what was chosen, and why",
                           .set = [&global](const std::string& value) { global.verbosity = value == "yes" ? 1 : 0; }});
  specs.choice("--color", "WHEN", global.color, "Colour reports and messages", when);
  specs.choice("--progress", "WHEN", global.progress,
               "Show progress on standard error; `auto`: on a terminal, after one second", when);
  specs.flag("--wide", global.wide, "Show whole lines: by default tables fit the width of the terminal");
  specs.flag("--no-pager", global.no_pager, "Do not show long output on a terminal with a pager");
  specs.options.push_back({.names = "-h,--help", .argument = {}, .help = "Show help and exit"});
  specs.options.push_back({.names = "-V,--version", .argument = {}, .help = "Show the version and exit"});
  return std::move(specs.options);
}

}  // namespace btfx
