#include "run/reading/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/attempt.h"
#include "base/counted.h"
#include "btf/load.h"
#include "image/modules.h"
#include "image/package_summary.h"
#include "image/running.h"
#include "run/reading/merging.h"

namespace btfx {

Image read_carrier(const std::string& source, const Context& context) {
  Image image = read_base_source(source);
  if (image.name != source) context.note(fmt::format("{}: taken is {}", source, image.name));
  return image;
}

BtfPtr open_btf(Image image, const Context& context) {
  const Module module(std::move(image));
  LoadedBtf loaded = load_to_look_at(module, context.global.base, Kernels());
  report_loaded(loaded, module.name(), context);
  return std::move(loaded.btf);
}

void report_rest(const Image& image, const Context& context) {
  const Bytes section = btf_section(image);
  const BtfHeader header = read_header(section.view()).header;
  const std::uint64_t length = std::uint64_t{header.header_length} + header.string_offset + header.string_length;
  const ByteView rest = section.view().subspan(length);
  if (std::ranges::all_of(rest, [](std::byte byte) { return byte == std::byte{0}; })) return;
  const std::size_t more = split_section(section).size() - 1;
  const std::string what = more == 0 ? "" : fmt::format(": {}, which merge takes", counted(more, "more BTF"));
  context.warn(fmt::format("{}: {} bytes after its first BTF are left out{}", image.name, rest.size(), what));
}

void report_loaded(const LoadedBtf& loaded, const std::string& name, const Context& context) {
  for (const std::string& note : loaded.notes) context.note(fmt::format("{}: {}", name, note));
  if (!loaded.doubt.empty()) context.warn(fmt::format("{}: {}", name, loaded.doubt));
}

namespace {

/// Whether a source is a directory or package with modules, and without a kernel image that would be meant.
bool holds_only_modules(const std::string& source) {
  if (!holds_modules(source) || optional_on_error([&] { return holds_kernel(source); }).value_or(true)) return false;
  const std::optional<PackageSummary> summary = summarise_package_file(source);
  if (summary && !summary->has_modules()) return false;  // it stands for other packages, and their kernel is meant
  const std::optional<ModuleItem> first = ModuleStream({source}).next();
  return first && !first->error;
}

}  // namespace

BtfPtr open_sources(std::vector<std::string> sources, const Context& context) {
  const BaseChoice& choice = context.global.base;
  const auto is_base = [&](const std::string& source) {
    return source == "/sys/kernel/btf/vmlinux" || (choice.given() && source == choice.sources.front());
  };
  if (const auto base = std::ranges::find_if(sources, is_base); base != sources.end() && sources.size() > 1) {
    const std::string name = *base;
    context.note(fmt::format("{}: is the base, and not merged", name));
    std::erase_if(sources, is_base);
    if (sources.empty()) sources.push_back(name);
  }
  if (sources.size() == 1 && !holds_only_modules(sources.front())) {
    const Image image = read_carrier(sources.front(), context);
    BtfPtr btf = open_btf(image, context);
    report_rest(image, context);
    return btf;
  }

  const bool is_named = sources.size() > 1;  // each of them, so that nothing may be left out
  std::optional<Error> without;
  bool any = false;
  MergedModules merged = merge_modules(sources, false, context, [&](const MergedModule& module) {
    any = any || !module.error;
    if (!module.error) return;
    if (is_named || module.error->code() != ErrorCode::no_btf) throw Error(*module.error);
    context.note(module.error->what());
    if (!without) without = module.error;
  });
  if (!any && without) throw Error(*without);
  for (Diagnostic& diagnostic : merged.diagnostics) {
    diagnostic.judge(Severity::note);  // they matter for a merged BTF, and less for looking at types
    context.report(diagnostic);
  }
  return Btf::parse(merged.merge->pool().own_btf(), merged.base, merged.pointer_size);
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
  if (choice.given()) return parse(btf_id, Kernels().get(choice.sources.front())->btf());
  const std::vector<RunningObject> objects = running_objects(RunningType::btf);
  const auto find = [&](auto&& condition) { return std::find_if(objects.begin(), objects.end(), condition); };
  const auto kernel = find([](const RunningObject& object) { return object.is_kernel && object.name == "vmlinux"; });
  const auto self = find([&](const RunningObject& object) { return object.id == btf_id; });
  const bool is_module = self != objects.end() && self->is_kernel && kernel != objects.end() && self != kernel;
  return parse(btf_id, is_module && !choice.forbidden() ? parse(kernel->id, nullptr) : nullptr);
}

}  // namespace btfx
