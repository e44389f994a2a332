#include "run/outputs/co_re_minimal_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/error.h"
#include "image/modules.h"
#include "run/outputs/destination.h"
#include "transform/co_re/minimal.h"

namespace btfx {

namespace {

bool is_directory(const std::string& path) {
  struct stat status {};
  return path.ends_with('/') || (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode));
}

/// `6.12.115.btf` for the release 6.12.115 as well as for `kernels/6.12.115.btf.xz`.
std::string file_name(const std::string& kernel) {
  std::string name = uncompressed_file_name(kernel);
  return name.ends_with(".btf") ? name : name + ".btf";
}

}  // namespace

std::vector<std::string> core_minimal_files(const std::string& path, std::span<const CoreColumn> kernels,
                                            bool several) {
  refuse_stdout("--minimal", path);
  if (!several && !is_directory(path)) return {path};
  std::vector<std::string> files;
  std::map<std::string, const CoreColumn*> known;
  for (const CoreColumn& kernel : kernels) {
    const std::string& file =
        files.emplace_back(fmt::format("{}{}{}", path, path.ends_with('/') ? "" : "/", file_name(kernel.name)));
    const auto [at, is_new] = known.emplace(file, &kernel);
    if (is_new) continue;
    throw Error(ErrorCode::refused, fmt::format("{} and {} would both write {}", at->second->name, kernel.name, file));
  }
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) throw system_error("create the directory", errno, path);
  return files;
}

CoreMinimal make_core_minimal(std::span<const CoreObject> objects, const CoreKernel& kernel) {
  try {
    return {.bytes = core_minimal(objects, kernel)};
  } catch (const Error& error) {
    return {.error = error.in(kernel.name())};
  }
}

Status write_core_minimal(const std::vector<std::string>& files, const CoreMatrix& matrix,
                          std::span<const CoreMinimal> minimal, const Context& context) {
  if (std::ranges::any_of(matrix.objects, [](const CoreObject& object) { return object.error.has_value(); })) {
    context.warn("--minimal: nothing is written, because an object could not be read");
    return Status::trouble;
  }
  if (std::ranges::any_of(matrix.unread, &CoreUnread::is_module)) {
    context.warn("--minimal: nothing is written, because a module could not be read");
    return Status::trouble;
  }
  Status status = Status::yes;
  const auto fail = [&](const Error& error) {
    context.error(error);
    status = worst(status, error.code() == ErrorCode::refused ? Status::no : Status::trouble);
  };
  for (std::size_t k = 0; k < minimal.size(); ++k) {
    if (minimal[k].error) {
      fail(*minimal[k].error);
      continue;
    }
    try {
      replace_file(files[k], minimal[k].bytes.view());
      context.note(fmt::format("{}: {} bytes", files[k], minimal[k].bytes.size()));
    } catch (const Error& error) {
      fail(error.in(matrix.kernels[k].name));
    }
  }
  return status;
}

}  // namespace btfx
