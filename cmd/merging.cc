#include "cmd/merging.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "base/batch.h"
#include "base/memory_error.h"
#include "btf/evidence.h"
#include "btf/load.h"
#include "image/modules.h"
#include "transform/relocate/relocate.h"

namespace btfx {

namespace {

/// Loads modules on one base; safe to use from many threads.
class ModuleLoader {
 public:
  explicit ModuleLoader(BtfPtr base) : base_(std::move(base)) {}

  [[nodiscard]] BtfPtr load(const Image& image) const {
    const Relation relation = relation_of(image);
    if (relation == Relation::standalone) {
      // Strings like a root's may still belong to split BTF, by an unusual producer.
      if (!base_ || is_standalone(btf_section(image))) return load_btf(image);
    }
    if (!base_) throw Error(ErrorCode::no_base, "is split BTF: name its base with -B", {.file = image.name});
    try {
      if (relation == Relation::distilled) return relocate(image);
      return parse_on_base(btf_section(image), base_, image.elf ? image.elf->pointer_size() : 0);
    } catch (const Error& error) {
      throw error.in(image.name, image.elf ? ".BTF" : "");
    }
  }

 private:
  [[nodiscard]] BtfPtr relocate(const Image& image) const {
    const BtfPtr distilled = load_btf(image, load_btf(image, nullptr, ".BTF.base"));
    std::call_once(target_once_, [&] { target_.emplace(base_); });
    const Relocation relocation = Relocator().run(*distilled, *target_);
    if (!relocation.succeeded()) {
      throw Error(ErrorCode::refused,
                  fmt::format("does not relocate onto the base: {}", relocation.kernel_failure->message));
    }
    return Btf::parse(relocation.split, base_, distilled->pointer_size());
  }

  BtfPtr base_;
  mutable std::once_flag target_once_;
  mutable std::optional<RelocationTarget> target_;
};

/// The base for all modules, by what was said about bases and by the first module.
BtfPtr common_base(const std::optional<ModuleItem>& first, const Context& context) {
  const BaseChoice& choice = context.global.base;
  if (choice.given()) return load_base(choice.sources.front());
  if (choice.forbidden() || !first) return nullptr;
  std::optional<FoundBase> found;
  try {
    const Image image = open_module(*first);
    if (relation_of(image) != Relation::standalone) found = find_base(image);
  } catch (const Error&) {  // is told of when its turn comes
  }
  if (!found) return nullptr;
  context.note(fmt::format("base is {}: {}", found->source, found->reason));
  return load_base(found->source);
}

struct Prepared {
  MergedModule module;
  ByteOrder order = native_order;
  unsigned pointer_size = 0;
  std::optional<TypePool::Part> part;
};

}  // namespace

MergedModules merge_modules(const std::vector<std::string>& modules, bool strict, const Context& context,
                            const std::function<void(const MergedModule&)>& on_module) {
  ModuleStream stream(modules);
  std::optional<ModuleItem> first = stream.next();
  MergedModules merged;
  merged.base = common_base(first, context);
  if (merged.base) merged.order = merged.base->byte_order();
  merged.merge = std::make_unique<Merge>(merged.base, MergeOptions{.strict = strict, .jobs = context.global.jobs});

  const ModuleLoader loader(merged.base);
  const auto prepare = [&](const ModuleItem& item) {
    Prepared prepared{.module = {.name = item.name, .error = {}}, .part = {}};
    try {
      with_memory_as_error([&] {
        const BtfPtr btf = loader.load(open_module(item));
        prepared.module.types = btf->own_types();
        prepared.order = btf->byte_order();
        prepared.pointer_size = btf->pointer_size();
        prepared.part = merged.merge->prepare(btf);
      });
    } catch (const Error& error) {
      prepared.module.error = error.in(item.name);
    }
    return prepared;
  };

  std::size_t done = 0, added = 0;
  const auto add = [&](Prepared prepared) {
    context.messages.progress(++done, stream.count());
    on_module(prepared.module);
    if (!prepared.part) return;
    if (added++ == 0) {
      if (!merged.base) merged.order = prepared.order;
      merged.pointer_size = prepared.pointer_size;
    }
    merged.merge->add(uncompressed_file_name(prepared.module.name), *prepared.part, merged.diagnostics);
  };
  const auto next = [&] { return first ? std::exchange(first, std::nullopt) : stream.next(); };
  run_stream(next, context.global.jobs, prepare, add);
  merged.merge->finish(merged.diagnostics);
  return merged;
}

}  // namespace btfx
