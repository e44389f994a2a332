// Formats many things on several threads; the text comes out in order and in bounded memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/batch.h"
#include "base/output.h"
#include "emit/dump/text_buffer.h"

namespace btfx {

/// Calls `format(buffer, i)` for every i below `count`, on up to `jobs` threads, and writes what it puts into the
/// buffers to `out`, in the order of i. `format` keeps nothing from one call to the next.
///
/// A chunk whose text is unexpectedly long (a few bytes of BTF can name a string of megabytes again and again) is not
/// kept in memory: its rest is formatted on the calling thread, straight into `out`.
///
/// `chunk`: how many items are formatted at a time, which should give some 50 to 200 KiB of text.
template <typename Format>
void format_in_chunks(std::size_t count, unsigned jobs, Output& out, const Format& format, std::size_t chunk = 2048) {
  constexpr std::size_t limit = std::size_t{2} << 20;  // bytes of text held for one chunk

  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < count; i += chunk) starts.push_back(i);

  // A chunk begins only when the one `window` places before has been written, so that it may take over its buffer.
  const std::size_t window = std::size_t{std::max(jobs, 1U)} * 2;
  std::vector<TextBuffer> buffers;
  for (std::size_t i = 0; i < std::min(window, starts.size()); ++i) buffers.emplace_back(limit);

  struct Done {
    const TextBuffer* buffer;
    std::size_t next, end;  // what did not fit
  };
  const auto work = [&](std::size_t start) {
    TextBuffer& buffer = buffers[start / chunk % window];
    buffer.truncate(0);
    Done done{&buffer, start, std::min(start + chunk, count)};
    std::size_t complete = 0;
    try {
      for (; done.next < done.end; ++done.next) {
        format(buffer, done.next);
        complete = buffer.size();
      }
    } catch (const TextBuffer::Full&) {
      buffer.truncate(complete);
    }
    return done;
  };
  const auto deliver = [&](const Done& done) {
    out.write(done.buffer->text());
    if (done.next == done.end) return;
    TextBuffer rest(out);
    for (std::size_t i = done.next; i < done.end; ++i) format(rest, i);
    rest.flush();
  };
  run_batch(starts, jobs, work, deliver, window);
}

}  // namespace btfx
