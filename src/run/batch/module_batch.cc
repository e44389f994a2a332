#include "run/batch/module_batch.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "run/outputs/destination.h"

namespace btfx {

ModuleBatch::ModuleBatch(const ModuleDestination& destination, const std::vector<std::string>& modules,
                         const Context& context)
    : destination_(destination), stream_(modules, {.has_base = context.global.base.given()}) {
  if (modules.empty()) throw Error(ErrorCode::usage, "needs a module");
  const int places =
      (destination.output.empty() ? 0 : 1) + (destination.directory.empty() ? 0 : 1) + (destination.in_place ? 1 : 0);
  if (places > 1) throw Error(ErrorCode::usage, "results can go to one place only");
  if (destination.nowhere()) return;
  if (takes_one()) {
    refuse_terminal(destination.output, context);
    refuse_clobbering("--output", destination.output, {modules, context.global.base.sources});
    only_ = stream_.next();
    if (!only_ || stream_.next()) throw Error(ErrorCode::usage, "-o takes the result of one module; use --output-dir");
  }
  if (!destination.directory.empty()) {
    refuse_clashes(modules);
    std::error_code ignored;
    if (::mkdir(destination.directory.c_str(), 0777) != 0 &&
        (errno != EEXIST || !std::filesystem::is_directory(destination.directory, ignored))) {
      throw system_error("create the directory", errno, destination.directory);
    }
  }
}

std::optional<ModuleItem> ModuleBatch::next() {
  if (takes_one()) return std::exchange(only_, std::nullopt);
  for (;;) {
    std::optional<ModuleItem> item = stream_.next();
    if (!item || item->path.empty() || !destination_.in_place || destination_.nowhere()) return item;
    std::error_code failure;
    const std::filesystem::path real = std::filesystem::canonical(item->path, failure);
    if (failure || in_place_.insert(real.string()).second) return item;
    repeated_.push_back(std::move(item->name));
  }
}

void ModuleBatch::refuse_clashes(const std::vector<std::string>& modules) const {
  std::map<std::string, std::string> names;
  const auto add = [&](const std::string& module) {
    const std::string name = uncompressed_file_name(module);
    const auto [at, is_new] = names.emplace(name, module);
    if (is_new) return;
    throw Error(ErrorCode::refused, fmt::format("{} and {} would both write {}/{}.BTF; nothing was written", at->second,
                                                module, destination_.directory, name));
  };
  std::vector<std::string> rereadable;
  for (const std::string& module : modules) {
    if (module == "-") {
      add(module);
    } else {
      rereadable.push_back(module);
    }
  }
  if (rereadable.empty()) return;
  ModuleStream stream(std::move(rereadable));
  while (const std::optional<ModuleItem> item = stream.next()) {
    if (!item->error) add(item->name);
  }
}

}  // namespace btfx
