#include "cmd/cli/report_format.h"

#include <utility>
#include <vector>

#include "base/error.h"

namespace btfx {

void add_format_option(Command& command, std::optional<ReportFormat>& format) {
  command.choice("--format", "FORMAT", format, "Format of the report; default: text, or json with `-j`",
                 std::vector<Choice<ReportFormat>>{{"text", ReportFormat::text, "lines to read"},
                                                   {"json", ReportFormat::json, "one JSON document"},
                                                   {"html", ReportFormat::html, "a page for a browser"}});
}

ReportFormat report_format(const Context& context, const std::optional<ReportFormat>& asked) {
  const ReportFormat format = asked.value_or(context.global.json ? ReportFormat::json : ReportFormat::text);
  if (context.global.json && format != ReportFormat::json) {
    throw Error(ErrorCode::usage, "--json and another --format contradict each other");
  }
  return format;
}

}  // namespace btfx
