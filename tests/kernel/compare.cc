// Compares the validator with the running kernel: on made-up and spoiled BTFs, or on files given.
//
//   compare_with_kernel COUNT [SEED]    corner cases, then that many subjects, from the seeds SEED, SEED + 1, ...
//   compare_with_kernel --file FILE...  raw BTF files
//
// Ends with 0 when every errno and every log is the kernel's, 1 when not, 77 when the kernel may not be asked.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "btf/kernel_rules/validate.h"
#include "kernel/corners.h"
#include "kernel/kernel_load.h"
#include "kernel/mutations.h"

namespace btfx::test {
namespace {

constexpr std::size_t shown_differences = 10;

std::string running_release() {
  utsname name{};
  return uname(&name) == 0 ? name.release : "";
}

class Comparison {
 public:
  /// `name` is for messages; `log_room` bytes are enough for the kernel's log.
  void compare(const Bytes& blob, const std::string& name, std::size_t log_room) {
    const KernelAnswer kernel = load_into_kernel(blob.view(), log_room);
    const BtfVerdict ours =
        validate_btf(blob.view(), {.kernel = KernelRules::of_release(release_), .log_limit = log_room - 1});
    ++subjects_;
    accepted_ += kernel.error == 0 ? 1 : 0;
    const std::string rule(ours.findings.empty() ? "accepted" : to_string(ours.findings.front().rule));
    ++rules_[rule];
    if (kernel.error == ours.error && kernel.log == ours.log) return;
    const auto leaves_open = [](const BtfFinding& finding) { return finding.rule == BtfRule::special_fields; };
    if (kernel.log == ours.log && kernel.error == ENOENT && std::ranges::any_of(ours.findings, leaves_open)) {
      ++left_open_;
      return;
    }
    if (++differences_ <= shown_differences) show(name, kernel, ours);
  }

  /// Prints what was found; the exit status.
  int finish() const {
    fmt::print("{} subjects on {}: {} accepted, {} differences, {} left open (special fields)\n", subjects_, release_,
               accepted_, differences_, left_open_);
    for (const auto& [rule, count] : rules_) fmt::print("  {:24} {}\n", rule, count);
    return differences_ == 0 ? 0 : 1;
  }

 private:
  static void show(const std::string& name, const KernelAnswer& kernel, const BtfVerdict& ours) {
    const auto end = std::ranges::mismatch(kernel.log, ours.log).in1 - kernel.log.begin();
    const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(end - 80, 0));
    fmt::print("DIFFERENCE {}: errno {} here {}; logs differ at {}\n  kernel: ...{}\n  here:   ...{}\n", name,
               kernel.error, ours.error, end, kernel.log.substr(from, 240), ours.log.substr(from, 240));
  }

  std::string release_ = running_release();
  std::size_t subjects_ = 0, accepted_ = 0, differences_ = 0, left_open_ = 0;
  std::map<std::string, std::size_t> rules_;
};

int run(std::span<char*> arguments) {
  if (arguments.size() < 2) {
    fmt::print(stderr, "usage: {} COUNT [SEED] | --file FILE...\n", arguments[0]);
    return 2;
  }
  if (const auto refusal = kernel_refusal()) {
    fmt::print("SKIPPED: {}\n", *refusal);
    return 77;
  }
  Comparison comparison;
  if (std::string_view(arguments[1]) == "--file") {
    for (const char* path : arguments.subspan(2)) {
      comparison.compare(Bytes::map_file(path), path, std::size_t{64} << 20);
    }
    return comparison.finish();
  }
  std::uint64_t count = 0, seed = 1;
  const auto number = [](std::string_view text, std::uint64_t& value) {
    std::from_chars(text.data(), text.data() + text.size(), value);
  };
  number(arguments[1], count);
  if (arguments.size() > 2) number(arguments[2], seed);
  for (const Corner& corner : corners()) {
    comparison.compare(corner.blob, corner.name, std::max<std::size_t>(1 << 20, 4 * corner.blob.size()));
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    Dice dice(seed + i);
    comparison.compare(next_subject(dice), fmt::format("seed {}", seed + i), std::size_t{1} << 20);
  }
  fmt::print("seeds {} to {}\n", seed, seed + count - 1);
  return comparison.finish();
}

}  // namespace
}  // namespace btfx::test

int main(int count, char** arguments) {
  return btfx::test::run(std::span(arguments, static_cast<std::size_t>(count)));
}
