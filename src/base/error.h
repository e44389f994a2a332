// The one exception type of btfx, and the findings that are not errors.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/findings.h"

namespace btfx {

/// What went wrong, coarsely. Some callers try another way after `unsupported` or `no_btf`; an Error that reaches main
/// ends in exit status 2.
enum class ErrorCode {
  usage,        ///< the command line makes no sense
  io,           ///< the operating system refused (open, read, write, rename)
  truncated,    ///< input ends before it should
  malformed,    ///< input breaks a rule of its format
  unsupported,  ///< input is valid but of a kind that cannot be handled
  no_btf,       ///< input is readable but carries no BTF
  no_base,      ///< split BTF whose base is not known
  refused,      ///< the operation would do harm and was not asked for explicitly
};

/// As it stands in JSON: `no-btf`.
FindingCode finding_code(ErrorCode code);

/// Where in the input something was found. Every part is optional; callers further up add what they know.
struct Place {
  std::string file = {};
  std::string section = {};
  std::optional<std::uint64_t> offset =
      {};  ///< bytes from the start of the section, or of the file when there is no section
  std::optional<std::uint32_t> type_id = {};  ///< the type being read
};

/// Bad input or a failed system call. Thrown where most is known, caught per item by a batch and in cmd/main.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string sentence) : Error(code, std::move(sentence), Place{}) {}
  Error(ErrorCode code, std::string sentence, Place place);

  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const Place& place() const { return place_; }
  /// The message without the place.
  [[nodiscard]] const std::string& sentence() const { return sentence_; }

  /// The same error, with file (and section) filled in where they were not known yet.
  [[nodiscard]] Error in(std::string_view file, std::string_view section = {}) const;

 private:
  ErrorCode code_;
  std::string sentence_;
  Place place_;
};

/// `FILE: SECTION: offset 0x18: type 7`, with what is known; empty when nothing is.
std::string to_string(const Place& place);

/// An Error of code io for a failed system call: "cannot <what>: <strerror(number)>".
Error system_error(std::string_view what, int number, std::string file = {});

/// Throws an Error of code malformed.
[[noreturn]] void malformed(std::string sentence, Place place = {});
/// The same for a place that is an offset, and perhaps the id of the type that was being read.
[[noreturn]] void malformed(std::string sentence, std::uint64_t offset,
                            std::optional<std::uint32_t> type_id = std::nullopt);

/// Something noticed while transforming: not a reason to throw. The caller prints it.
struct Diagnostic {
  Severity severity = Severity::note;
  FindingCode code;  ///< stable, for JSON and tests, e.g. `int-encoding`
  std::string text;  ///< a sentence without the place
  Place place = {};

  /// With the severity that the table has for the code.
  Diagnostic(JudgedCode judged, std::string sentence, Place where = {});
  /// With one of several. Throws std::logic_error when the table does not allow it.
  Diagnostic(Severity judgement, FindingCode what, std::string sentence, Place where = {});
  /// Gives it another severity. Throws std::logic_error as above.
  void judge(Severity judgement);
};

/// An error as a finding of the item that failed: its code, the sentence and the place.
Diagnostic to_diagnostic(const Error& error);

/// The findings of one operation on one input, in the order they were made.
using Diagnostics = std::vector<Diagnostic>;

/// Whether one of them is an error.
bool has_errors(const Diagnostics& findings);
/// Adds findings behind others.
void append(Diagnostics& findings, Diagnostics more);

}  // namespace btfx
