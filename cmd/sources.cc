#include "cmd/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "btf/load.h"
#include "image/running.h"

namespace btfx {

namespace {

BtfPtr given_base(const Context& context) {
  const BaseChoice& choice = context.global.base;
  return choice.given() ? load_base(choice.sources.front()) : nullptr;
}

}  // namespace

BtfPtr open_btf(const Image& image, const Context& context) {
  const BaseChoice& choice = context.global.base;
  const Relation relation = relation_of(image);
  if (relation == Relation::distilled) {
    if (choice.given()) {
      throw Error(ErrorCode::unsupported, "relocating distilled BTF onto a base is not implemented yet",
                  {.file = image.name});
    }
    return load_btf(image, load_btf(image, nullptr, ".BTF.base"));
  }
  if (choice.given()) return load_btf(image, given_base(context));
  if (relation == Relation::standalone) return load_btf(image);
  const std::optional<FoundBase> found = choice.forbidden() ? std::nullopt : find_base(image);
  if (!found) {
    throw Error(ErrorCode::no_base,
                choice.forbidden() ? "is split BTF and needs its base, but -B says 'none'"
                                   : "is split BTF, and its base was not found: give it with -B",
                {.file = image.name});
  }
  context.note(fmt::format("{}: base is {}: {}", image.name, found->source, found->reason));
  return load_btf(image, load_base(found->source));
}

BtfPtr open_running(std::uint32_t btf_id, const Context& context) {
  const auto parse = [&](std::uint32_t id, BtfPtr base) {
    try {
      return Btf::parse(running_btf(id), std::move(base), sizeof(void*));
    } catch (const Error& error) {
      throw error.in(fmt::format("BTF object {}", id));
    }
  };
  if (context.global.base.given()) return parse(btf_id, given_base(context));
  const std::vector<RunningObject> objects = running_objects(RunningType::btf);
  const auto find = [&](auto&& condition) { return std::find_if(objects.begin(), objects.end(), condition); };
  const auto kernel = find([](const RunningObject& object) { return object.is_kernel && object.name == "vmlinux"; });
  const auto self = find([&](const RunningObject& object) { return object.id == btf_id; });
  const bool is_module = self != objects.end() && self->is_kernel && kernel != objects.end() && self != kernel;
  return parse(btf_id, is_module && !context.global.base.forbidden() ? parse(kernel->id, nullptr) : nullptr);
}

}  // namespace btfx
