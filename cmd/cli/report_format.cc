#include "cmd/cli/report_format.h"

#include <utility>
#include <vector>

#include "base/error.h"

namespace btfx {

void add_format_option(Command& command, std::optional<ReportFormat>& format) {
  command.choice("--format", "FORMAT", format, "How to print; default: text, or json with `-j`",
                 std::vector<std::pair<std::string, ReportFormat>>{
                     {"text", ReportFormat::text}, {"json", ReportFormat::json}, {"html", ReportFormat::html}});
}

ReportFormat report_format(const Context& context, const std::optional<ReportFormat>& asked) {
  const ReportFormat format = asked.value_or(context.global.json ? ReportFormat::json : ReportFormat::text);
  if (context.global.json && format != ReportFormat::json) {
    throw Error(ErrorCode::usage, "--json and another --format contradict each other");
  }
  return format;
}

}  // namespace btfx
