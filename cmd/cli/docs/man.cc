// Manual pages in man(7).
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/findings.h"
#include "cmd/cli/docs/docs.h"
#include "cmd/cli/help.h"
#include "cmd/cli/manual.h"

namespace btfx::docs {

namespace {

constexpr std::string_view date = "2026-11-28";  // of the last change to what the pages say

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
    out += protected_line(escaped(text.substr(at, end - at), true)) + "\n";
    at = end + 1;
  }
  return out + ".fi\n.RE\n";
}

/// The content of a section; the first paragraph after a heading needs no break.
std::string blocks(const std::vector<ManualBlock>& all) {
  std::string out;
  for (const ManualBlock& block : all) {
    switch (block.kind) {
      case ManualBlock::Kind::verbatim:
        out += verbatim(block.text);
        break;
      case ManualBlock::Kind::item:
        out += block.term.empty() ? ".IP \\(bu 2\n" + prose(block.text)
                                  : item(bold(replaced(block.term, "`", "")), block.text);
        break;
      case ManualBlock::Kind::paragraph:
        out += (out.empty() ? "" : ".PP\n") + prose(block.text);
        break;
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

/// "error, warning or note".
std::string severities_text(Severities severities) {
  std::vector<std::string_view> words;
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
    if (severities.contains(severity)) words.push_back(severity_word(severity));
  }
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

bool prints(std::string_view commands, std::string_view name) {
  for (std::size_t at = 0; at <= commands.size();) {
    const std::size_t end = std::min(commands.find(' ', at), commands.size());
    if (commands.substr(at, end - at) == name) return true;
    at = end + 1;
  }
  return false;
}

/// The codes that a command prints, or `*` for those of all commands, each with its severities and sentence.
std::string findings(std::string_view command) {
  std::string out;
  for (const FindingDefinition& finding : finding_definitions) {
    if (!prints(finding.commands, command)) continue;
    out += item(fmt::format("{} ({})", bold(std::string(finding.code)), severities_text(finding.severities)),
                fmt::format("{}.", finding.sentence));
  }
  return out;
}

std::string examples(const Manual& manual) {
  std::string out;
  for (const auto& [purpose, command] : manual.examples) {
    out += (out.empty() ? "" : ".PP\n") + prose(purpose + ":") + verbatim(command);
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
  const Manual manual = manual_of("btfx");
  std::string page = page_head("btfx", manual.summary);
  page += section("SYNOPSIS", synopsis("btfx", manual.synopsis));
  std::string commands;
  std::vector<std::string> others;
  for (const Command& command : subject.commands) {
    commands += item(bold("btfx-" + command.name) + "(1)", manual_of(command.name).summary + ".");
    others.push_back("btfx-" + command.name);
  }
  for (const ManualSection& each : manual.sections) {
    page += section(each.title, blocks(each.blocks) + (each.title == "FINDINGS" ? findings("*") : ""));
    if (each.title != "DESCRIPTION") continue;
    page += section("COMMANDS", commands);
    page += section("OPTIONS", prose("These may stand before or after the command. `--` ends the options.") +
                                   options(subject.global));
  }
  page += section("EXAMPLES", examples(manual));
  return page + section("SEE ALSO", see_also(others) + ".PP\n" + bold("bpftool") + "(8),\n" + bold("pahole") + "(1)\n");
}

std::string command_page(const Command& command) {
  const std::string name = "btfx-" + command.name;
  const Manual manual = manual_of(command.name);
  std::string page = page_head(name, manual.summary);
  page += section("SYNOPSIS", synopsis("btfx " + command.name, manual.synopsis));
  const std::string own = options(command.options);
  const bool introduces_findings = manual.find("FINDINGS") != nullptr;
  for (const ManualSection& each : manual.sections) {
    if (each.title == "EXIT STATUS" && !introduces_findings) page += section("FINDINGS", findings(command.name));
    page += section(each.title, blocks(each.blocks) + (each.title == "FINDINGS" ? findings(command.name) : ""));
    if (each.title != "DESCRIPTION") continue;
    page += section("ARGUMENTS", arguments(command));
    page += section("OPTIONS", own + (own.empty() ? "" : ".PP\n") + "The global options are described in\n" +
                                   bold("btfx") + "(1).\n");
  }
  page += section("EXAMPLES", examples(manual));
  return page + section("SEE ALSO", see_also({"btfx"}));
}

}  // namespace btfx::docs
