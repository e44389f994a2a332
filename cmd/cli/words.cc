#include "cmd/cli/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"

namespace btfx {

namespace {

using Where = WordSpec::Where;

[[noreturn]] void usage(std::string sentence) {
  throw Error(ErrorCode::usage, std::move(sentence));
}

std::vector<std::string> words_of(const std::vector<WordSpec>& specs) {
  std::vector<std::string> words;
  words.reserve(specs.size());
  for (const WordSpec& spec : specs) words.push_back(spec.word);
  return words;
}

/// The arguments not yet used.
class Arguments {
 public:
  explicit Arguments(const std::vector<std::string>& arguments) : arguments_(arguments) {}
  [[nodiscard]] bool empty() const { return at_ == arguments_.size(); }
  [[nodiscard]] const std::string& front() const { return arguments_[at_]; }
  const std::string& take() { return arguments_[at_++]; }

 private:
  const std::vector<std::string>& arguments_;
  std::size_t at_ = 0;
};

const WordSpec* find_exact(const std::vector<WordSpec>& specs, const std::string& text) {
  const auto found = std::find_if(specs.begin(), specs.end(), [&](const WordSpec& spec) { return spec.word == text; });
  return found == specs.end() ? nullptr : &*found;
}

/// The spec for a word that may be shortened, among those that may stand later. `bare` is what was given without the
/// word before it, if anything was.
const WordSpec& find_later(const std::vector<WordSpec>& specs, const std::string& text, const std::string& bare) {
  std::vector<WordSpec> allowed;
  for (const WordSpec& spec : specs) {
    if (spec.where != Where::first) allowed.push_back(spec);
  }
  if (const WordSpec* exact = find_exact(specs, text)) {
    if (exact->where == Where::first) usage(fmt::format("'{}' can only stand first", text));
    return *exact;
  }
  std::vector<std::string> matches;
  for (const WordSpec& spec : allowed) {
    if (!text.empty() && spec.word.starts_with(text)) matches.push_back(spec.word);
  }
  if (matches.size() == 1) return *find_exact(specs, matches.front());
  if (matches.size() > 1) usage(fmt::format("word '{}' is ambiguous: {}", text, either(matches)));
  const std::vector<std::string> words = words_of(allowed);
  for (const WordSpec& spec : specs) {
    if (spec.where == Where::later || bare.empty() || !spec.word.starts_with(bare)) continue;
    usage(fmt::format("unknown word '{}': '{}' is taken for a file; the first word cannot be shortened: {} {}", text,
                      bare, spec.word, text));
  }
  std::string hint = did_you_mean(text, words);
  if (hint.empty()) hint = ", expected " + either(words);
  if (find_exact(specs, "name") != nullptr) hint += fmt::format("; for the type of that name use: name {}", text);
  usage(fmt::format("unknown word '{}'{}", text, hint));
}

void take_value(const WordSpec& spec, Arguments& arguments) {
  if (spec.argument.empty()) return spec.set(spec.word);
  if (!spec.one_of.empty()) {
    const std::vector<std::string> words = words_of(spec.one_of);
    if (arguments.empty()) usage(fmt::format("'{}' needs {}", spec.word, either(words)));
    const WordSpec* selected = find_exact(spec.one_of, arguments.front());
    if (selected == nullptr) {
      usage(fmt::format("'{}' needs {}, not '{}'", spec.word, either(words), arguments.front()));
    }
    arguments.take();
    take_value(*selected, arguments);
  } else {
    if (arguments.empty()) usage(fmt::format("'{}' needs a value: {}", spec.word, spec.argument));
    const std::string& value = arguments.take();
    if (value.empty()) usage(fmt::format("{} is empty", spec.argument));
    if (!spec.choices.empty() && std::find(spec.choices.begin(), spec.choices.end(), value) == spec.choices.end()) {
      usage(fmt::format("'{}' takes {}, not '{}'{}", spec.word, either(spec.choices), value,
                        did_you_mean(value, spec.choices)));
    }
    spec.set(value);
  }
  if (arguments.empty()) return;
  if (const WordSpec* follower = find_exact(spec.maybe_one, arguments.front())) {
    arguments.take();
    take_value(*follower, arguments);
  }
}

}  // namespace

void parse_words(const std::vector<WordSpec>& specs, const std::string& bare_word,
                 const std::vector<std::string>& given) {
  Arguments arguments(given);
  if (arguments.empty()) usage(fmt::format("{} is missing", find_exact(specs, bare_word)->argument));
  const WordSpec* first = find_exact(specs, arguments.front());
  std::string bare;
  if (first != nullptr && first->where != Where::later) {
    arguments.take();
    take_value(*first, arguments);
  } else {
    bare = arguments.front();
    take_value(*find_exact(specs, bare_word), arguments);
  }
  while (!arguments.empty()) take_value(find_later(specs, arguments.take(), bare), arguments);
}

}  // namespace btfx
