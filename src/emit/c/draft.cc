#include "emit/c/draft.h"

#include <string_view>
#include <utility>

namespace btfx {

namespace {
constexpr std::size_t most_text = std::size_t{256} << 10;  // bytes of a draft: what is more can wait for its turn
constexpr unsigned most_lost_desks = 8;
}  // namespace

class DraftWriter::Desk {
 public:
  explicit Desk(const DraftWriter& owner)
      : btf_(owner.btf_),
        buffer_(most_text),
        out_(buffer_),
        writer_(owner.btf_, owner.options_, owner.alignments_, out_, diagnostics_, &owner.shared_) {}

  /// Throws TextBuffer::Full or Error at a step that cannot be written; the desk is of no use after that.
  void write(Draft& draft) {
    out_.rewind(0);
    writer_.note_values(&draft.values);
    draft.parts.reserve(draft.steps.size());
    Draft::Part part;
    for (std::size_t i = 0; i < draft.steps.size(); ++i) {
      constexpr std::size_t ahead = 4;  // the types of steps lie anywhere
      if (i + ahead < draft.steps.size()) __builtin_prefetch(btf_.type(draft.steps[i + ahead].id).record());
      writer_.step(draft.steps[i]);
      out_.finish();
      part.cost = writer_.take_cost();
      part.is_written = !writer_.depends_on_order();
      if (!part.is_written) {
        out_.rewind(part.text_end);
        draft.values.resize(part.values_end);
        writer_.forget();
      }
      part.text_end = buffer_.size();
      part.values_end = draft.values.size();
      draft.parts.push_back(part);
    }
  }
  [[nodiscard]] std::string_view text() const { return buffer_.text(); }

 private:
  const Btf& btf_;
  TextBuffer buffer_;
  TextCursor out_;
  Diagnostics diagnostics_;
  StepWriter writer_;
};

DraftWriter::DraftWriter(const Btf& btf, const DumpCOptions& options, Alignments& alignments, const SharedNames& shared)
    : btf_(btf), options_(options), alignments_(alignments), shared_(shared) {}

DraftWriter::~DraftWriter() = default;

std::unique_ptr<DraftWriter::Desk> DraftWriter::take_desk() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_desks_.empty()) {
      std::unique_ptr<Desk> desk = std::move(free_desks_.back());
      free_desks_.pop_back();
      return desk;
    }
  }
  return std::make_unique<Desk>(*this);
}

void DraftWriter::write(Draft& draft) {
  if (lost_desks_ >= most_lost_desks) return;
  std::unique_ptr<Desk> desk = take_desk();
  try {
    desk->write(draft);
    draft.text = desk->text();
    const std::lock_guard lock(mutex_);
    free_desks_.push_back(std::move(desk));
    return;
  } catch (const TextBuffer::Full&) {  // NOLINT(bugprone-empty-catch): what is missing is written when it is its turn
  } catch (const Error&) {             // NOLINT(bugprone-empty-catch): likewise, if it can be
  }
  ++lost_desks_;
  Draft::Part none = draft.parts.empty() ? Draft::Part() : draft.parts.back();
  none.is_written = false;
  draft.text = desk->text().substr(0, none.text_end);
  draft.parts.resize(draft.steps.size(), none);
}

}  // namespace btfx
