// Manual pages in man(7).
#include <fmt/format.h>

#include <cctype>

#include "cmd/cli/docs/docs.h"
#include "cmd/cli/help.h"

namespace btfx::docs {

namespace {

constexpr std::string_view date = "2026-11-20";  // of the last change to what the pages say

/// Characters that roff would read as something else. `literal` text keeps its dashes and quotes as they are typed.
std::string escaped(std::string_view text, bool literal) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '-':
        out += literal ? "\\-" : "-";
        break;
      case '\'':
        out += literal ? "\\(aq" : "'";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + escaped(text, true) + "\\fR";
}

std::string italic(const std::string& text) {
  return "\\fI" + escaped(text, true) + "\\fR";
}

Heading heading() {
  return {bold, italic};
}

/// A line that does not begin with a character that would make it a request.
std::string protected_line(const std::string& line) {
  return line.starts_with('.') || line.starts_with('\'') ? "\\&" + line : line;
}

/// Text with `literals` in bold, each sentence on a line of its own.
std::string prose(std::string_view text) {
  std::string out, plain;
  const auto flush_plain = [&] {
    out += escaped(plain, false);
    plain.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '`') {
      flush_plain();
      const std::size_t end = text.find('`', at + 1);
      out += bold(std::string(text.substr(at + 1, end - at - 1)));
      at = end;
    } else if (text[at] == ' ' && at > 0 && text[at - 1] == '.' && !text.substr(0, at).ends_with("...")) {
      flush_plain();
      out += '\n';
    } else {
      plain += text[at];
    }
  }
  flush_plain();
  std::string lines;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = std::min(out.find('\n', at), out.size());
    lines += protected_line(out.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return lines;
}

std::string item(const std::string& head, std::string_view text) {
  return ".TP\n" + head + "\n" + prose(text);
}

std::string verbatim(std::string_view text) {
  std::string out = ".PP\n.RS 4\n.nf\n";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.starts_with("    ")) line.remove_prefix(4);
    out += protected_line(escaped(line, true)) + "\n";
    at = end + 1;
  }
  return out + ".fi\n.RE\n";
}

/// The paragraphs of a section in the markup of Command; the first after a heading needs no break.
std::string paragraphs(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (text.starts_with("    ")) {
      out += verbatim(text);
    } else if (const std::size_t colon = text.find(": "); text.starts_with("* ") && colon != std::string::npos) {
      const std::string term = replaced(text.substr(2, colon - 2), "`", "");
      out += item(bold(term), text.substr(colon + 2));
    } else {
      if (!out.empty()) out += ".PP\n";
      out += prose(text);
    }
  }
  return out;
}

std::string section(const std::string& title, const std::string& body) {
  return body.empty()
             ? ""
             : fmt::format(".SH {}\n{}", title.find(' ') == std::string::npos ? title : '"' + title + '"', body);
}

std::string page_head(const std::string& name, const std::string& summary) {
  std::string upper = name;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string purpose = summary;
  purpose[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(purpose[0])));
  return fmt::format(".\\\" {}\n.TH {} 1 {} \"btfx " BTFX_VERSION "\" \"User Commands\"\n.SH NAME\n{} \\- {}\n",
                     generated_note, upper, date, escaped(name, true), escaped(purpose, false));
}

/// A synopsis line: capitals are values, small letters are typed as they are.
std::string synopsis_line(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    const auto is_word = [&](std::size_t i) {
      return i < line.size() && (std::isalnum(static_cast<unsigned char>(line[i])) || line[i] == '_' || line[i] == '-');
    };
    std::size_t end = at;
    while (is_word(end)) ++end;
    if (end == at) {
      out += escaped(line.substr(at++, 1), true);
      continue;
    }
    const std::string word(line.substr(at, end - at));
    out += std::isupper(static_cast<unsigned char>(word[0])) ? italic(word) : bold(word);
    at = end;
  }
  return out;
}

std::string synopsis(const std::string& name, const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += ".br\n";
    out += synopsis_line(name + " " + line) + "\n";
  }
  return out;
}

std::string options(const std::vector<OptionSpec>& specs) {
  std::string out;
  for (const OptionSpec* spec : shown_options(specs)) out += item(heading().of(*spec), described(*spec) + ".");
  return out;
}

std::string arguments(const Command& command) {
  std::string out;
  for (const WordSpec& word : command.words) out += item(heading().of(word), word.help + ".");
  if (!command.words.empty()) return out;
  for (const OptionSpec& spec : command.options) {
    if (spec.is_argument()) out += item(heading().of(spec), described(spec) + ".");
  }
  return out;
}

std::string see_also(const std::vector<std::string>& pages) {
  std::string out;
  for (const std::string& page : pages) out += (out.empty() ? "" : ",\n") + bold(page) + "(1)";
  return out + "\n";
}

}  // namespace

std::string overview_page(const Subject& subject) {
  std::string page = page_head("btfx", "Read, write and compare BTF");
  page += section("SYNOPSIS", synopsis("btfx", {"[OPTIONS] COMMAND [ARGUMENTS]"}));
  page +=
      section("DESCRIPTION",
              prose("btfx works on BTF, the type format of Linux kernels, modules and BPF objects. Each command has "
                    "a manual page of its own."));
  std::string commands;
  std::vector<std::string> others;
  for (const Command& command : subject.commands) {
    commands += item(bold("btfx-" + command.name) + "(1)", command.summary + ".");
    others.push_back("btfx-" + command.name);
  }
  page += section("COMMANDS", commands);
  page += section("OPTIONS", prose("These may stand before or after the command. `--` ends the options.") +
                                 options(subject.global));
  for (const auto& [title, texts] : overview_sections()) page += section(title, paragraphs(texts));
  return page + section("SEE ALSO", see_also(others) + ".PP\n" + bold("bpftool") + "(8),\n" + bold("pahole") + "(1)\n");
}

std::string command_page(const Command& command) {
  const std::string name = "btfx-" + command.name;
  std::string page = page_head(name, command.summary);
  page += section("SYNOPSIS", synopsis("btfx " + command.name, command.synopsis));
  page += section("DESCRIPTION", paragraphs(command.description));
  page += section("ARGUMENTS", arguments(command));
  const std::string own = options(command.options);
  page += section("OPTIONS", own + (own.empty() ? "" : ".PP\n") + "The global options are described in\n" +
                                 bold("btfx") + "(1).\n");
  for (const auto& [title, texts] : command.sections) page += section(title, paragraphs(texts));
  std::vector<std::string> statuses = {"* 0: done"};
  if (!command.negative.empty()) statuses.push_back("* 1: " + command.negative);
  statuses.emplace_back("* 2: the command line makes no sense, or an input cannot be read or is malformed");
  page += section("EXIT STATUS", paragraphs(statuses));
  std::string examples;
  for (const auto& [line, purpose] : command.examples) {
    examples += (examples.empty() ? "" : ".PP\n") + prose(purpose + ":") + verbatim(line);
  }
  page += section("EXAMPLES", examples);
  return page + section("SEE ALSO", see_also({"btfx"}));
}

}  // namespace btfx::docs
