#include "run/reading/merging.h"

#include <fmt/format.h>

#include <utility>

#include "btf/evidence.h"
#include "image/modules.h"
#include "inputs/module.h"
#include "run/batch/batch_report.h"

namespace btfx {

namespace {

/// The kernel for all modules, by -B or the first module; null when there is none.
KernelPtr common_kernel(const std::optional<ModuleItem>& first, const Context& context) {
  const BaseChoice& choice = context.global.base;
  const Kernels kernels;
  if (choice.given()) return kernels.get(choice.sources.front());
  if (choice.forbidden() || !first) return nullptr;
  std::optional<FoundBase> found;
  try {
    const Module module(*first);
    if (module.relation() != Relation::standalone) found = find_base(module.image());
  } catch (const Error&) {  // reported when its turn comes
  }
  if (!found) return nullptr;
  context.note(fmt::format("base is {}: {}", found->source, found->reason));
  return kernels.get(found->source);
}

BtfPtr load_one(const Module& module, const Kernel* kernel) {
  if (module.relation() == Relation::standalone) {
    // Strings like a root's may still belong to split BTF, by an unusual producer.
    if (kernel == nullptr || is_standalone(btf_section(module.image()))) return module.as_it_is();
  }
  if (kernel == nullptr) {
    throw Error(ErrorCode::no_base, "is split BTF: name its base with -B", {.file = module.name()});
  }
  return module.on(*kernel);
}

/// The BTF of a module, or all of several in one section.
std::vector<BtfPtr> load(const Module& module, const Kernel* kernel) {
  const Image& image = module.image();
  const std::vector<Bytes> parts = image.form == Form::flat ? std::vector<Bytes>() : btf_sections(image);
  if (parts.size() < 2) return {load_one(module, kernel)};
  std::vector<BtfPtr> loaded;
  for (const Bytes& part : parts) {
    try {
      loaded.push_back(Btf::parse(part, nullptr, module.pointer_size()));
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("BTF {} of {}: {}", loaded.size() + 1, parts.size(), error.sentence()),
                  error.place())
          .in(image.name, image.elf ? ".BTF" : "");
    }
  }
  return loaded;
}

struct Prepared {
  std::uint32_t types = 0;
  ByteOrder order = native_order;
  unsigned pointer_size = 0;
  std::vector<TypePool::Part> parts;  // one for each BTF of the module
};

}  // namespace

MergedModules merge_modules(const std::vector<std::string>& modules, bool strict, const Context& context,
                            const std::function<void(const MergedModule&)>& on_module) {
  ModuleStream stream(modules, {.has_base = context.global.base.given()});
  const std::optional<std::size_t> total = progress_total(stream, context);
  std::optional<ModuleItem> first = stream.next();
  MergedModules merged;
  const KernelPtr kernel = common_kernel(first, context);
  if (kernel) {
    merged.base = kernel->btf();
    merged.order = merged.base->byte_order();
  }
  merged.merge = std::make_unique<Merge>(merged.base, MergeOptions{.strict = strict, .jobs = context.global.jobs});

  const auto prepare = [&kernel, &merge = *merged.merge](const ModuleItem& item, Prepared& prepared) {
    const std::vector<BtfPtr> loaded = load(Module(item), kernel.get());
    prepared.order = loaded.front()->byte_order();
    prepared.pointer_size = loaded.front()->pointer_size();
    for (const BtfPtr& btf : loaded) {
      prepared.types += btf->own_types();
      prepared.parts.push_back(merge.prepare(btf));
    }
  };
  std::size_t added = 0;
  const auto add = [&](Done<Prepared>&& done) {
    const Prepared& prepared = done.result;
    on_module({.name = done.name, .types = prepared.types, .error = done.error});
    if (done.error) return;
    if (added++ == 0) {
      if (!merged.base) merged.order = prepared.order;
      merged.pointer_size = prepared.pointer_size;
    }
    const std::string name = uncompressed_file_name(done.name);
    for (const TypePool::Part& part : prepared.parts) merged.merge->add(name, part, merged.diagnostics);
  };
  const auto next = [&] { return first ? std::exchange(first, std::nullopt) : stream.next(); };
  run_items<Prepared>(next, total, context, prepare, add);
  merged.merge->finish(merged.diagnostics);
  return merged;
}

}  // namespace btfx
