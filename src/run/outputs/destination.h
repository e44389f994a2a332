// Where a BTF that was made is written to: a raw file, standard output, or the .BTF section of an ELF file.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/endian.h"
#include "run/context.h"

namespace btfx {

/// What -o, --into, --byte-order and --strip-signature said.
struct Destination {
  std::string output;  ///< a file, or `-` for standard output
  std::string into;    ///< an ELF file
  std::optional<ByteOrder> order;
  bool strip_signature = false;

  /// The file that is written.
  [[nodiscard]] const std::string& written_file() const { return into.empty() ? output : into; }
};

/// Throws Error(refused) when `path` is `-` and standard output is a terminal: binary data is not for eyes.
void refuse_terminal(const std::string& path, const Context& context);
/// Throws Error(usage) when `path` is `-` and the results are JSON, which needs standard output for itself.
void refuse_json_beside(const std::string& path, const Context& context);
/// Throws Error(usage) when `path` is `-`: for what is written beside the results, which have standard output.
void refuse_stdout(const std::string& option, const std::string& path);
/// Throws Error(refused) when a file that is to be written is also read, or written for another purpose, by whatever
/// name: what is in the way of `-`, of a pipe or device is none. `outputs`: option and path; empty paths do not count.
void refuse_clobbering(std::span<const std::pair<std::string, std::string>> outputs,
                       std::span<const std::string> inputs);
/// The same for one output and several lists of inputs.
void refuse_clobbering(const std::string& option, const std::string& path,
                       std::initializer_list<std::span<const std::string>> inputs);
/// Writes binary data to a file, whole or not at all, or to standard output when `path` is `-`.
void write_output(const std::string& path, const Bytes& content, const Context& context);

/// Checks that there is exactly one place to write to, and that it can be written, before any work is done. Throws
/// Error(usage, refused). Returns the byte order that the BTF must have: the one asked for, that of the ELF file, or
/// nothing.
std::optional<ByteOrder> check_destination(const Destination& destination, const Context& context);

/// Writes raw BTF, files whole or not at all.
void write_btf(const Destination& destination, const Bytes& btf, const Context& context);

}  // namespace btfx
