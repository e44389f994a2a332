// A batch of modules and its report: one loop for all commands.
//
// Workers get an item and constants, and nothing that they could write to. What they have to say comes back as
// their result, and is printed in the order of the items, by one thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/batch.h"
#include "base/memory_error.h"
#include "emit/report/json_results.h"
#include "emit/report/record.h"
#include "emit/report/table.h"
#include "image/modules.h"
#include "inputs/module.h"
#include "run/context.h"
#include "run/outputs/module_output.h"

namespace btfx {

/// What became of one item: a result, or as much of it as there was before the error.
template <typename Result>
struct Done {
  std::string name;
  Result result = {};
  std::optional<Error> error = {};
  bool is_module = true;  ///< false: a directory or package that cannot be read, or holds none
};

/// How many results for each thread may wait for one that takes longer: they are small, and a module of 50 MB takes as
/// long to unpack as 300 others.
inline constexpr std::size_t results_ahead = 256;

/// Works on what `next()` yields, anything with a name, on the threads that the user allows, and shows the progress.
/// `work(item, result)` fills in a result of an item; an Error in it, or a lack of memory, is that item's alone, and
/// names it. `take(Done<Result>&&)` gets the results in the order of the items. `total`: of the items, where it is
/// known.
template <typename Result, typename Next, typename Work, typename Take>
void run_items(Next&& next, std::optional<std::size_t> total, const Context& context, Work&& work, Take&& take) {
  std::size_t count = 0;
  run_stream(
      std::forward<Next>(next), context.global.jobs,
      [&](auto&& item) {
        Done<Result> done{.name = item.name};
        if constexpr (requires { item.error; }) done.is_module = !item.error;
        try {
          with_memory_as_error([&] { work(std::as_const(item), done.result); });
        } catch (const Error& error) {
          done.error = error.in(item.name);
        }
        return done;
      },
      [&](Done<Result>&& done) {
        take(std::move(done));
        context.messages.progress(++count, total);
      },
      context.global.jobs * results_ahead);
  context.messages.wipe();
}

/// How many items a stream will have, where a progress display asks.
template <typename Stream>
std::optional<std::size_t> progress_total(const Stream& stream, const Context& context) {
  return context.messages.shows_progress() ? stream.expected() : std::nullopt;
}

/// The same for modules: `work(module, result)`. `Stream` is a ModuleStream or a ModuleBatch.
template <typename Result, typename Stream, typename Work, typename Take>
void run_modules(Stream& stream, const Context& context, Work&& work, Take&& take) {
  const auto open = [&](const ModuleItem& item, Result& result) { work(Module(item), result); };
  run_items<Result>([&] { return stream.next(); }, progress_total(stream, context), context, open,
                    std::forward<Take>(take));
}

/// What a command says about its items: the results, as text or as one JSON document, and its exit status. Messages are
/// said between the results where they belong.
class BatchReport {
 public:
  /// How results are said.
  enum class Results {
    text,
    json,
    none,  ///< not at all, because standard output is taken by something else
  };

  /// `item_word` is what JSON calls an item.
  BatchReport(const Context& context, std::string_view item_word, Results results);
  /// With results as -j says, unless standard output is `taken`.
  BatchReport(const Context& context, std::string_view item_word, bool taken = false);

  /// For messages: results so far are printed before them.
  [[nodiscard]] const Context& context();
  /// Text between the results, not in JSON.
  void head(std::string_view text);
  /// Results are rows of this table from now on, in text; without one they are not shown there. Heads stand above the
  /// first row, and nowhere without one.
  void use(Table table, bool with_heads = true);
  /// The result of an item.
  void add(const Record& record);
  /// The same, whose text is no row.
  void add(const Record& record, std::string_view text);
  /// Completes the output of an item: writes what goes to standard output, and warns of files that another run left.
  void finish_output(const ModuleOutput& output);
  /// The findings about an item; notes are shown without -v, too.
  void findings(const std::string& name, const Diagnostics& findings);
  /// An item that failed. Makes the status `trouble`. What many items lack, or what is wrong with a file that they
  /// share, is said of the first of them, and finish() says how many more there are; -v says it of each.
  void fail(const std::string& name, const Error& error);
  /// Makes the status that one, unless it is worse already.
  void worsen(Status status) { status_ = worst(status_, status); }
  /// The end. Gives the status.
  Status finish(const Summary& summary);

 private:
  const Context& context_;
  std::string_view item_word_;
  Results results_;
  JsonResults json_;
  BufferedOutput text_;
  Table table_;
  std::string heads_;                          // of the table, until there is a row below them
  std::map<std::string, std::size_t> shared_;  // errors of items for a reason that others share; see fail()
  Status status_ = Status::yes;
};

}  // namespace btfx
