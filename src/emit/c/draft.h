// Parts of a C header that are written before it is their turn.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "btf/btf.h"
#include "btf/measure.h"
#include "emit/c/dump_c.h"
#include "emit/c/plan.h"
#include "emit/c/shared_names.h"
#include "emit/c/step_writer.h"
#include "emit/dump/text_buffer.h"

namespace btfx {

/// Some steps in a row, with the text of those that could be written.
struct Draft {
  struct Part {
    bool is_written = false;
    std::size_t text_end = 0, values_end = 0;  ///< where what belongs to it ends
    StepWriter::Cost cost;
  };
  std::vector<CStep> steps;
  std::exception_ptr failure;  ///< why there are no more steps, if that was not the end
  std::vector<Part> parts;     ///< one for each step, or none at all
  std::string text;
  std::vector<TypeId> values;  ///< the types of what the composites hold by value
};

/// Writes drafts, on any thread. All references outlive it.
class DraftWriter {
 public:
  DraftWriter(const Btf& btf, const DumpCOptions& options, Alignments& alignments, const SharedNames& shared);
  DraftWriter(const DraftWriter&) = delete;
  DraftWriter& operator=(const DraftWriter&) = delete;
  ~DraftWriter();

  /// Fills in parts and text of a draft: what depends on the order of the steps is left out, and what takes too much.
  /// Where that has happened often, nothing is written any more: each time costs as much as looking at all types.
  void write(Draft& draft);

 private:
  /// What one thread writes with.
  class Desk;

  std::unique_ptr<Desk> take_desk();

  const Btf& btf_;
  const DumpCOptions& options_;
  Alignments& alignments_;
  const SharedNames& shared_;
  std::mutex mutex_;  // guards free_desks_
  std::vector<std::unique_ptr<Desk>> free_desks_;
  std::atomic<unsigned> lost_desks_ = 0;  // that could not be used any more
};

}  // namespace btfx
