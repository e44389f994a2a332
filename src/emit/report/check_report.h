// What `btfx check` prints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "btf/name_hash.h"
#include "emit/report/matrix_page.h"
#include "emit/report/record.h"
#include "emit/report/table.h"
#include "results/check.h"

namespace btfx {

/// The answers so far.
class CheckSummary {
 public:
  void count(const Checked& checked, const CheckColumns& columns);
  /// Counts a module that could not be checked.
  void fail();
  /// How often there is each verdict, a line for each base, and what else the text format ends with: above all that
  /// (nearly) everything was built for one other kernel. With `details` also what causes most bloat.
  [[nodiscard]] std::vector<std::string> lines(const CheckColumns& columns, bool details) const;
  /// What modules repeat in all, and with `details` what causes most of it; nothing when it was not looked for.
  [[nodiscard]] std::vector<std::string> bloat_lines(const CheckColumns& columns, bool details) const;
  /// The answer in a sentence, and others when something could not be checked, or a base not be read.
  [[nodiscard]] std::vector<std::string> answer(const CheckColumns& columns) const;
  [[nodiscard]] Record record(const CheckColumns& columns) const;
  [[nodiscard]] std::size_t modules() const { return modules_; }
  /// Whether every answer was a good one.
  [[nodiscard]] bool all_good(const CheckColumns& columns) const {
    return bad_ == 0 && (without_ == 0 || !columns.require_btf);
  }

 private:
  /// Types that de-duplication would drop, and in how many modules there are some.
  struct Repeated {
    std::uint64_t types = 0, bytes = 0;
    std::size_t modules = 0;

    void add(std::uint64_t more_types, std::uint64_t more_bytes) {
      types += more_types;
      bytes += more_bytes;
      ++modules;
    }
  };
  struct RepeatedCause : Repeated {
    std::size_t last_module = 0;  // the place of the last one that has it, from 1 on
  };
  struct TextHash {
    using is_transparent = void;  // so that looking up a text makes no string of it
    std::size_t operator()(std::string_view text) const { return hash_text(text); }
  };
  struct Counts {
    std::size_t of[5] = {};
    std::size_t loads_without = 0;                      // of those that it refuses
    std::map<std::string, std::size_t> built_for = {};  // of mismatches
  };
  static std::optional<std::string> common_mismatch(const Counts& counts);

  void count_bloat(const CheckResult& result);
  /// The causes that cost most bytes in all modules together, most first.
  [[nodiscard]] std::vector<std::pair<std::string, Repeated>> worst_bloat() const;

  std::size_t modules_ = 0, errors_ = 0, bad_ = 0, without_ = 0;
  std::size_t with_warnings_ = 0;                      // of those that are good
  std::vector<std::pair<std::string, Counts>> bases_;  // in the order of the columns
  bool looked_for_bloat_ = false;
  std::size_t too_bloated_ = 0;
  Repeated bloat_;
  std::unordered_map<std::string, RepeatedCause, TextHash, std::equal_to<>> bloat_causes_;  // by their text
};

/// Whether all is well: on every base, or with --find-base on one; and not too much is repeated.
bool is_good(const Checked& checked, const CheckColumns& columns);

/// The bases that something belongs to, of those it was checked on.
std::vector<std::string> fitting_bases(const Checked& checked);

/// How much of a reason a row shows.
enum class Reasons : std::uint8_t {
  whole,      ///< all of it, on a screen on several lines
  beginning,  ///< on a screen as much as fits on the line
};
/// A column for each base, or with --find-base one for those that fit; then the module and the first reason. Its heads
/// are shown when `has_heads`.
Table check_table(const CheckColumns& columns, Reasons reasons);
bool has_heads(const CheckColumns& columns);
/// What was found about one module: the reason, and what --from tells; with `details` notes list all findings.
Record check_record(const Checked& checked, const CheckColumns& columns, bool details);

/// An empty page with a column for each base, and one for the size of BTF; `with_bloat` one for what is repeated, too.
MatrixPage check_page(const CheckColumns& columns, bool with_bloat);
/// The size of one module's BTF, and how much of it is repeated.
MatrixSize check_size(const Checked& checked);
/// The cells of one module, and of one that could not be checked.
std::vector<MatrixCell> check_cells(const Checked& checked, const CheckColumns& columns);
std::vector<MatrixCell> check_cells(const Error& error, const CheckColumns& columns);

}  // namespace btfx
