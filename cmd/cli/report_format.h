// How commands that report print: as text, as JSON or as a page.
#pragma once

#include <optional>
#include <string>

#include "cmd/cli/command.h"

namespace btfx {

enum class ReportFormat { text, json, html };

/// Adds the option --format.
void add_format_option(Command& command, std::optional<ReportFormat>& format);

/// The format asked for, by --format or -j; text when neither is given. Throws Error(usage) when they contradict.
ReportFormat report_format(const Context& context, const std::optional<ReportFormat>& asked);

}  // namespace btfx
