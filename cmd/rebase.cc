// rebase: standalone BTF as split BTF on a base.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "btf/evidence.h"
#include "cmd/cli/command.h"
#include "cmd/cli/output_options.h"
#include "inputs/module.h"
#include "run/batch/batch_report.h"
#include "run/outputs/destination.h"
#include "transform/edit/rebase.h"
#include "transform/edit/sort.h"

namespace btfx {

namespace {

struct RebaseOptions {
  std::string source;
  Destination destination;
  bool sort = false;
};

Status run_rebase(const Context& context, const RebaseOptions& options) {
  if (!context.global.base.given()) throw Error(ErrorCode::usage, "needs a base: -B");
  const std::optional<ByteOrder> order = check_destination(options.destination, context);
  refuse_clobbering("--output", options.destination.output,
                    {std::span(&options.source, 1), context.global.base.sources});
  const Module module(read_source(options.source));
  if (module.relation() != Relation::standalone) {
    throw Error(ErrorCode::refused, fmt::format("is {} BTF, not standalone", to_string(module.relation())),
                {.file = module.name()});
  }
  const BtfPtr& btf = module.as_it_is();
  if (!is_standalone(btf->blob())) {
    context.warn(module.name() + ": some names begin inside other strings: it may be split BTF by an unusual producer");
  }
  const BtfPtr base = Kernels().get(context.global.base.sources.front())->btf();
  const ByteOrder final_order = order.value_or(btf->byte_order());
  Bytes bytes = rebase(*btf, *base, final_order);
  const BtfPtr result = Btf::parse(std::move(bytes), base);
  const Bytes written = options.sort ? sort_types(*result, final_order).btf : result->blob();
  write_btf(options.destination, written, context);
  context.warn(
      "types that the base has as well are now there twice, under two ids: good for reading, not for a kernel");
  BatchReport report(context, "source");
  report.add({{"source", options.source},
              {"types", result->own_types()},
              {"bytes", written.size()},
              {"written", std::vector{options.destination.written_file()}}});
  return report.finish({{{"sources", 1}}});
}

}  // namespace

Command make_rebase_command() {
  const auto options = std::make_shared<RebaseOptions>();
  Command command;
  command.name = "rebase";
  command.value("SOURCE", "SOURCE", options->source, "Standalone BTF", Complete::source).required = true;
  add_destination_options(command, options->destination);
  command.flag("--sort", options->sort, "Sort the types by name, as kernels from 7.0 on do");
  add_byte_order_option(command, options->destination);
  command.run = [options](const Context& context) { return run_rebase(context, *options); };
  return command;
}

}  // namespace btfx
