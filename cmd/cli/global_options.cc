#include <fmt/format.h>

#include "base/batch.h"
#include "cmd/cli/command.h"

namespace btfx {

namespace {

constexpr unsigned most_jobs = 1024;

}  // namespace

std::vector<OptionSpec> global_option_specs(GlobalOptions& global) {
  const std::vector<std::pair<std::string, When>> when = {
      {"auto", When::automatic}, {"always", When::always}, {"never", When::never}};
  global.jobs = default_jobs();
  Command specs;
  specs.list("-B,--base-btf", "SOURCE", global.base.sources,
             "Base BTF that split BTF continues; `none` forbids looking for one", Complete::base);
  specs.flag("-j,--json", global.json, "Print results as JSON");
  specs.options.push_back({.names = "-p,--pretty",
                           .argument = {},
                           .help = "Print results as indented JSON",
                           .set = [&global](const std::string&) { global.json = global.pretty = true; }});
  specs.options.push_back(
      {.names = "--jobs",
       .argument = "N",
       .help = "Worker threads for many inputs; default: the number of processors",
       .set = [&global](const std::string& text) {
         const auto jobs = parse_number(text, 1, most_jobs);
         if (!jobs) {
           throw Error(ErrorCode::usage,
                       fmt::format("option '--jobs' takes a number from 1 to {}, not '{}'", most_jobs, text));
         }
         global.jobs = static_cast<unsigned>(*jobs);
       }});
  specs.options.push_back({.names = "-q,--quiet",
                           .argument = {},
                           .help = "Say less on standard error: errors only",
                           .set = [&global](const std::string&) { global.verbosity = -1; }});
  specs.options.push_back({.names = "-v,--verbose",
                           .argument = {},
                           .help = "Say more on standard error: what was chosen and why",
                           .set = [&global](const std::string&) { global.verbosity = 1; }});
  specs.choice("--color", "WHEN", global.color, "Colour messages: on a terminal, always or never", when);
  specs.choice("--progress", "WHEN", global.progress,
               "Show progress on standard error: for batches over one second on a terminal, always or never", when);
  specs.options.push_back({.names = "-h,--help", .argument = {}, .help = "Show help and exit"});
  specs.options.push_back({.names = "-V,--version", .argument = {}, .help = "Show the version and exit"});
  return std::move(specs.options);
}

}  // namespace btfx
