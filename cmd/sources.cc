#include "cmd/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/load.h"
#include "image/running.h"
#include "transform/merge.h"
#include "transform/relocate.h"

namespace btfx {

namespace {

BtfPtr relocate(const BtfPtr& distilled, const BtfPtr& base) {
  const Relocation relocation = Relocator().run(*distilled, RelocationTarget(base));
  if (!relocation.succeeded()) {
    throw Error(ErrorCode::malformed,
                fmt::format("does not relocate onto the given base: {}", relocation.kernel_failure->message));
  }
  return Btf::parse(relocation.split, base, distilled->pointer_size());
}

BtfPtr open_with(const BtfLoader& loader, const Image& image, const Context& context) {
  LoadedBtf loaded = loader.load_relocated(image);
  for (const std::string& note : loaded.notes) context.note(fmt::format("{}: {}", image.name, note));
  return std::move(loaded.btf);
}

}  // namespace

BtfPtr open_btf(const Image& image, const Context& context) {
  return open_with(BtfLoader(context.global.base, relocate), image, context);
}

BtfPtr open_merged(std::vector<std::string> sources, const Context& context) {
  constexpr std::string_view running = "/sys/kernel/btf/vmlinux";
  if (std::erase(sources, running) != 0) context.note(fmt::format("{}: is the base, and not merged", running));
  if (sources.empty()) sources.emplace_back(running);
  const BtfLoader loader(context.global.base, relocate);
  BtfPtr first = open_with(loader, read_source(sources.front()), context);
  if (sources.size() == 1) return first;

  const BtfPtr base = first->base();
  Merge merge(base, {.jobs = context.global.jobs});
  Diagnostics diagnostics;
  for (const std::string& source : sources) {
    const BtfPtr btf = &source == &sources.front() ? first : open_with(loader, read_source(source), context);
    if (!btf->base() || btf->base() != base) {
      throw Error(ErrorCode::no_base, "several sources can only be dumped on one base: name it with -B",
                  {.file = source});
    }
    merge.add(source, merge.prepare(btf), diagnostics);
  }
  merge.finish(diagnostics);
  for (Diagnostic& diagnostic : diagnostics) {
    diagnostic.severity = Severity::note;  // of interest to who wants the merged BTF, less to who looks at types
    context.report(diagnostic);
  }
  return Btf::parse(merge.pool().own_btf(), base, first->pointer_size());
}

BtfPtr open_running(std::uint32_t btf_id, const Context& context) {
  const auto parse = [](std::uint32_t id, BtfPtr base) {
    try {
      return Btf::parse(running_btf(id), std::move(base), sizeof(void*));
    } catch (const Error& error) {
      throw error.in(fmt::format("BTF object {}", id));
    }
  };
  const BaseChoice& choice = context.global.base;
  if (choice.given()) return parse(btf_id, load_base(choice.sources.front()));
  const std::vector<RunningObject> objects = running_objects(RunningType::btf);
  const auto find = [&](auto&& condition) { return std::find_if(objects.begin(), objects.end(), condition); };
  const auto kernel = find([](const RunningObject& object) { return object.is_kernel && object.name == "vmlinux"; });
  const auto self = find([&](const RunningObject& object) { return object.id == btf_id; });
  const bool is_module = self != objects.end() && self->is_kernel && kernel != objects.end() && self != kernel;
  return parse(btf_id, is_module && !choice.forbidden() ? parse(kernel->id, nullptr) : nullptr);
}

}  // namespace btfx
