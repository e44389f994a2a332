#include "cmd/cli/pager.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>
#include <vector>

#include "base/screen.h"

namespace btfx {

namespace {

// For the signal handler: the running pager, and what happened at SIGINT before.
std::atomic<pid_t> running_pager = -1;
std::atomic<int> pipe_to_pager = -1;
struct sigaction interrupt_before {};

void wait_for(pid_t process) {
  while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) continue;
}

/// At SIGINT: the pager has got it, too, and goes on. Its input ends here, and other threads write into nothing.
void interrupt(int signal) {
  const int error = errno;
  const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup3(nothing, pipe_to_pager, O_CLOEXEC);
  wait_for(running_pager);
  ::sigaction(signal, &interrupt_before, nullptr);
  std::raise(signal);  // NOLINT(cert-err33-c): cannot fail; it comes when this handler is left
  errno = error;
}

/// The words of a command, or a call of the shell for one with characters that mean something to the shell.
std::vector<std::string> words_of(const std::string& command) {
  if (command.find_first_of("|&;<>()$`\\\"'*?[#~=%{}\n") != std::string::npos) return {"/bin/sh", "-c", command};
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = command.find_first_not_of(" \t", at)) != std::string::npos;) {
    const std::size_t end = std::min(command.find_first_of(" \t", at), command.size());
    words.push_back(command.substr(at, end - at));
    at = end;
  }
  return words;
}

/// The environment of the pager: less shows colours, and ends when everything fits on the screen, unless the user has
/// set it up otherwise.
std::vector<std::string> pager_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  const auto has_less = [](const std::string& variable) { return variable.starts_with("LESS="); };
  if (std::ranges::none_of(variables, has_less)) variables.emplace_back("LESS=FRX");
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Starts a program with its standard input from a descriptor. Gives the error number, 0 when it runs.
int spawn(const std::string& command, int input, pid_t& process) {
  std::vector<std::string> words = words_of(command);
  if (words.empty()) return ENOENT;
  std::vector<std::string> environment = pager_environment();
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  sigset_t ignored, none;
  ::sigemptyset(&none);
  ::sigemptyset(&ignored);
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::sigaddset(&ignored, signal);
  ::posix_spawnattr_setsigdefault(&attributes, &ignored);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  const int error = ::posix_spawnp(&process, words.front().c_str(), &actions, &attributes, pointers_to(words).data(),
                                   pointers_to(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

PagedOutput::PagedOutput(Output& terminal, Messages& messages, std::string command, const TerminalSize& size)
    : terminal_(terminal), messages_(messages), command_(std::move(command)), size_(size) {}

PagedOutput::~PagedOutput() {
  messages_.say_on(nullptr);
  if (state_ == State::paging) wait();
}

bool PagedOutput::fills_screen() const {
  std::size_t lines = 0;
  for (std::string_view rest = held_; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    lines += 1 + (line.empty() ? 0 : (text_width(line) - 1) / size_.columns);
    if (lines >= size_.lines) return true;  // the prompt of the shell needs a line, too
  }
  return false;
}

void PagedOutput::start() {
  int ends[2] = {-1, -1};
  pid_t process = -1;
  int error = ::pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
  if (error == 0) {
    error = spawn(command_, ends[0], process);
    ::close(ends[0]);
    if (error != 0) ::close(ends[1]);
  }
  std::string text = std::exchange(held_, {});
  if (error != 0) {
    state_ = State::direct;
    terminal_.write(text);
    messages_.say_on(nullptr);
    messages_.note(fmt::format("{}: cannot start the pager: {}", command_, std::generic_category().message(error)));
    return;
  }
  pipe_ = ends[1];
  pager_ = process;
  state_ = State::paging;
  messages_.end_progress();
  pipe_to_pager = pipe_;
  running_pager = pager_;
  ::sigaction(SIGINT, nullptr, &interrupt_before);
  if (interrupt_before.sa_handler != SIG_IGN) {
    struct sigaction action {};
    action.sa_handler = interrupt;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGINT, &action, nullptr);
  }
  FdOutput(pipe_, "the pager").write(text);
}

void PagedOutput::write(std::string_view text) {
  if (state_ == State::direct) return terminal_.write(text);
  if (state_ == State::paging) return FdOutput(pipe_, "the pager").write(text);
  held_ += text;
  if (fills_screen()) start();
}

void PagedOutput::wait() {
  ::close(pipe_);
  wait_for(pager_);
  ::sigaction(SIGINT, &interrupt_before, nullptr);
  running_pager = -1;
  state_ = State::direct;
}

void PagedOutput::finish() {
  messages_.say_on(nullptr);
  if (state_ == State::paging) return wait();
  state_ = State::direct;
  terminal_.write(std::exchange(held_, {}));
}

}  // namespace btfx
