#include "base/suggest.h"

#include <fmt/format.h>

#include <algorithm>

namespace btfx {

namespace {

/// Edit distance with neighbouring letters swapped counted once (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view text, const std::vector<std::string>& candidates) {
  constexpr std::size_t shortest_beginning = 2, shortest_misspelt = 3, longest = 64;
  if (text.size() < shortest_beginning || text.size() > longest) return {};
  std::string best, completed;
  std::size_t best_distance = text.size() / 3 + 1, completions = 0;
  for (const std::string& candidate : candidates) {
    if (candidate.starts_with(text)) {
      completed = candidate;
      ++completions;
    }
    if (text.size() < shortest_misspelt) continue;
    if (const std::size_t steps = distance(text, candidate); steps < best_distance) {
      best_distance = steps;
      best = candidate;
    }
  }
  return completions == 1 ? completed : best;
}

std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates) {
  const std::string name = nearest(text, candidates);
  return name.empty() ? name : fmt::format("; did you mean '{}'?", name);
}

std::string either(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? " or " : ", ";
    text += fmt::format("'{}'", words[i]);
  }
  return text;
}

}  // namespace btfx
