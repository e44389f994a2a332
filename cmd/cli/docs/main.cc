// btfx-docs DIRECTORY: writes man/ and completions/ below a directory. Part of the build, not installed.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output.h"
#include "cmd/cli/docs/docs.h"

namespace btfx {
namespace {

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) throw system_error("create the directory", errno, path);
}

void write_all(const std::string& root) {
  docs::Subject subject;
  GlobalOptions unused;
  subject.commands = all_commands();
  subject.global = global_option_specs(unused);
  const auto write = [&root](const std::string& path, const std::string& text) {
    replace_file(root + "/" + path, as_bytes(text));
  };
  make_directory(root + "/man");
  write("man/btfx.1", docs::overview_page(subject));
  for (const Command& command : subject.commands) {
    write(fmt::format("man/btfx-{}.1", command.name), docs::command_page(command));
  }
  make_directory(root + "/completions");
  write("completions/btfx.bash", docs::bash_completion(subject));
  write("completions/_btfx", docs::zsh_completion(subject));
  write("completions/btfx.fish", docs::fish_completion(subject));
}

}  // namespace
}  // namespace btfx

int main(int argc, char** argv) {
  using namespace btfx;
  FdOutput err(STDERR_FILENO, "standard error");
  if (argc != 2) {
    err.write("usage: btfx-docs DIRECTORY\n");
    return 2;
  }
  try {
    write_all(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    err.write(fmt::format("btfx-docs: {}\n", error.what()));
    return 2;
  }
}
