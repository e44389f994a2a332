// extract: write the bytes of a BTF section.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/attempt.h"
#include "btf/load.h"
#include "btf/scan.h"
#include "cmd/cli/command.h"
#include "run/batch/batch_report.h"
#include "run/outputs/destination.h"
#include "run/reading/sources.h"

namespace btfx {

namespace {

struct ExtractOptions {
  std::string source, output;
  std::string section = ".BTF";
  std::optional<ByteOrder> order;
};

/// The section in another byte order. Records of split BTF refer to its base, which has to be at hand to parse it.
Bytes in_order(const Image& image, const std::string& section, ByteOrder order, const Context& context) {
  Bytes blob = btf_section(image, section);
  const std::string_view place = image.elf ? std::string_view(section) : std::string_view();
  if (in_place(image.name, place, [&] { return scan_btf(blob.view()).order == order; })) return blob;
  const BtfPtr btf = section == ".BTF" ? open_btf(image, context) : load_btf(image, nullptr, section);
  return in_place(image.name, place, [&] { return serialise(*btf, order); });
}

Status run_extract(const Context& context, const ExtractOptions& options) {
  const std::string output = options.output.empty() ? "-" : options.output;
  refuse_terminal(output, context);
  refuse_json_beside(output, context);
  if (options.order && options.section != ".BTF" && options.section != ".BTF.base") {
    throw Error(ErrorCode::usage, fmt::format("--byte-order does not apply to section {}", options.section));
  }
  refuse_clobbering("--output", options.output, {std::span(&options.source, 1)});
  const Image image = read_carrier(options.source, context);
  const Bytes bytes =
      options.order ? in_order(image, options.section, *options.order, context) : btf_section(image, options.section);
  write_output(output, bytes, context);
  if (output == "-") return Status::yes;
  BatchReport report(context, "source");
  report.add({{"source", options.source},
              {"file", image.name},
              {"section", options.section},
              {"bytes", bytes.size()},
              {"written", std::vector{output}}});
  return report.finish({{{"sources", 1}}});
}

}  // namespace

Command make_extract_command() {
  const auto options = std::make_shared<ExtractOptions>();
  Command command;
  command.name = "extract";
  command.value("SOURCE", "SOURCE", options->source, "The source to read", Complete::source).required = true;
  command.value("-o,--output", "FILE", options->output, "Write to FILE; default: standard output (`-`)");
  command.value("--section", "SECTION", options->section, "The section to write; default: .BTF", Complete::nothing)
      .choices = {".BTF", ".BTF.base", ".BTF.ext", ".BTF_ids"};
  command.options.back().choice_help = {"types and strings", "the distilled base", "functions, lines and relocations",
                                        "type ids that kernel code reads"};
  command.choice("--byte-order", "ORDER", options->order,
                 "Change the byte order, of .BTF and .BTF.base; split BTF then needs its base",
                 std::vector<Choice<ByteOrder>>{{"little", ByteOrder::little, "little-endian"},
                                                {"big", ByteOrder::big, "big-endian"}});
  command.run = [options](const Context& context) { return run_extract(context, *options); };
  return command;
}

}  // namespace btfx
