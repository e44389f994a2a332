#include "run/outputs/destination.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "btf/ids.h"
#include "btf/load.h"
#include "image/elf_writer.h"
#include "image/image.h"
#include "image/signature.h"

namespace btfx {

namespace {

/// The ELF file to write into, if that is possible.
Image open_target(const Destination& destination) {
  Image image = read_source(destination.into);
  if (!image.elf || !image.has_place()) {
    throw Error(ErrorCode::usage, "--into needs an ELF file", {.file = image.name});
  }
  if (!destination.strip_signature && find_signature(image.elf->file())) {
    throw Error(ErrorCode::refused,
                "is signed, and changing it would make the signature wrong: --strip-signature drops it",
                {.file = image.name});
  }
  if (has_section(image, ".BTF.base")) {
    throw Error(ErrorCode::refused, "has a .BTF.base, on which any .BTF beside it would be taken to continue",
                {.file = image.name});
  }
  return image;
}

/// The sections of an ELF file that count by its `.BTF`, when that becomes another.
std::vector<std::string> stale_sections(const Image& image, const Bytes& btf) {
  std::vector<std::string> sections;
  if (!has_section(image, ".BTF")) return sections;
  const Bytes old = btf_section(image);
  const ByteView before = old.view(), after = btf.view();
  if (std::ranges::equal(before, after)) return sections;
  if (const std::optional<BtfIds> ids = BtfIds::read(*image.elf); ids && !ids->is_zero()) {
    sections.emplace_back(BtfIds::section_name);
  }
  if (has_section(image, ".BTF.ext")) sections.emplace_back(".BTF.ext");
  return sections;
}

/// Whether two paths lead to one regular file, which need not exist yet.
bool is_same_file(const std::string& one, const std::string& other) {
  struct stat first {
  }, second{};
  const bool there = ::stat(one.c_str(), &first) == 0;
  if (there != (::stat(other.c_str(), &second) == 0)) return false;
  if (there) return S_ISREG(first.st_mode) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
  std::error_code failure;
  const auto real = [&](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path), failure);
  };
  return real(one) == real(other) && !failure;
}

}  // namespace

void refuse_clobbering(std::span<const std::pair<std::string, std::string>> outputs,
                       std::span<const std::string> inputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& [option, path] = outputs[i];
    if (path.empty() || path == "-") continue;
    for (const std::string& input : inputs) {
      if (!input.empty() && is_same_file(path, input)) {
        throw Error(ErrorCode::refused, fmt::format("{} would overwrite the input {}", option, input), {.file = path});
      }
    }
    for (const auto& [other_option, other] : outputs.subspan(i + 1)) {
      if (!other.empty() && is_same_file(path, other)) {
        throw Error(ErrorCode::refused, fmt::format("{} and {} would both write it", option, other_option),
                    {.file = path});
      }
    }
  }
}

void refuse_clobbering(const std::string& option, const std::string& path,
                       std::initializer_list<std::span<const std::string>> inputs) {
  for (const std::span<const std::string> list : inputs) refuse_clobbering(std::array{std::pair(option, path)}, list);
}

void refuse_terminal(const std::string& path, const Context& context) {
  if (path == "-" && context.out_is_terminal) {
    throw Error(ErrorCode::refused, "BTF is binary and is not written to a terminal: use -o FILE or a pipe");
  }
}

void refuse_json_beside(const std::string& path, const Context& context) {
  if (path == "-" && context.global.json) {
    throw Error(ErrorCode::usage, "standard output cannot take both BTF and JSON");
  }
}

void refuse_stdout(const std::string& option, const std::string& path) {
  if (path != "-") return;
  throw Error(ErrorCode::usage, fmt::format("{}: standard output is taken by the results: name a file", option));
}

void write_output(const std::string& path, const Bytes& content, const Context& context) {
  if (path == "-") {
    context.out.write(as_text(content.view()));
  } else {
    replace_file(path, content.view());
  }
}

std::optional<ByteOrder> check_destination(const Destination& destination, const Context& context) {
  if (destination.output.empty() == destination.into.empty()) {
    throw Error(ErrorCode::usage, "needs one of -o FILE and --into ELF");
  }
  refuse_terminal(destination.output, context);
  refuse_json_beside(destination.output, context);
  if (destination.into.empty()) return destination.order;
  const ByteOrder order = open_target(destination).elf->byte_order();
  if (destination.order && *destination.order != order) {
    throw Error(ErrorCode::usage, fmt::format("is a {}-endian file, whose .BTF must be that, too", to_string(order)),
                {.file = destination.into});
  }
  return order;
}

void write_btf(const Destination& destination, const Bytes& btf, const Context& context) {
  if (!destination.into.empty()) {
    const Image image = open_target(destination);
    const std::array updates{SectionUpdate{".BTF", btf}};
    const Bytes file = rewrap(image, update_sections(*image.elf, updates));
    const std::vector<std::string> stale = stale_sections(image, btf);
    replace_file(image.path, file.view());
    for (const std::string& section : stale) {
      context.warn(fmt::format("{}: {}: still has the numbers of the BTF that was there", image.name, section));
    }
  } else {
    write_output(destination.output, btf, context);
  }
}

}  // namespace btfx
