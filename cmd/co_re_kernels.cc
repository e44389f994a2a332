#include "cmd/co_re_kernels.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>

#include "base/batch.h"
#include "base/memory_error.h"
#include "btf/evidence.h"
#include "btf/load.h"
#include "cmd/sources.h"
#include "image/image.h"
#include "image/modules.h"
#include "results/change.h"

namespace btfx {

namespace {

/// A base that has been read, or not.
struct ReadBase {
  std::string source, name = {}, release = {};
  BtfPtr btf = {};
  bool is_program = false;  ///< it is a BPF object, whose types are no kernel's
  std::optional<Error> error = {};
};

ReadBase read_base(const std::string& source) {
  ReadBase base{.source = source};
  try {
    with_memory_as_error([&] {
      const Image image = read_base_source(source);
      base.release = kernel_release(image);
      if (base.release.empty() && image.path.starts_with("/sys/kernel/btf/")) {
        base.release = SearchPaths::system().running;
      }
      base.name = base.release.empty() ? image.name : base.release;
      base.is_program = image.elf && image.elf->machine() == EM_BPF;
      base.btf = load_base(image);
    });
  } catch (const Error& error) {
    base.error = error.in(source);
  }
  return base;
}

/// Each word once, where it comes first.
std::vector<std::string> without_repeats(const std::vector<std::string>& words) {
  std::vector<std::string> result;
  for (const std::string& word : words) {
    if (std::ranges::find(result, word) == result.end()) result.push_back(word);
  }
  return result;
}

/// Where a base's own modules are, when it was given as something that has some; else empty.
std::string modules_of(const std::string& source) {
  if (source == "running") return "/sys/kernel/btf";
  if (holds_modules(source)) return source;
  std::error_code ignored;
  if (source.find('/') != std::string::npos || std::filesystem::exists(source, ignored)) return {};
  std::string directory = "/lib/modules/" + source;
  return std::filesystem::is_directory(directory, ignored) ? directory : std::string();
}

/// As the kernel calls a module: with underscores.
std::string kernel_name(const Image& image, const std::string& item) {
  std::string name = image.elf ? modinfo(*image.elf, "name") : std::string();
  if (name.empty()) name = module_name(item);
  std::ranges::replace(name, '-', '_');
  return name;
}

/// Parses a module's BTF on a base. Throws Error when it does not belong there.
BtfPtr load_module(const Image& image, const BtfPtr& base) {
  try {
    if (relation_of(image) == Relation::distilled) {
      return relocate_onto(load_btf(image, load_btf(image, nullptr, ".BTF.base")), base);
    }
    return parse_on_base(btf_section(image), base, image.elf ? image.elf->pointer_size() : 0);
  } catch (const Error& error) {
    throw error.in(image.name, image.elf && error.code() != ErrorCode::no_btf ? ".BTF" : "");
  }
}

/// A module on each kernel that it belongs to.
struct ReadModule {
  std::string name, source;
  std::vector<std::pair<std::size_t, BtfPtr>> on = {};  // null where it has nothing that is asked for
  std::optional<Error> error = {};
};

}  // namespace

CoreKernels::CoreKernels(const std::vector<std::string>& modules, const std::vector<CoreObject>& objects,
                         bool search_all, const Context& context)
    : context_(context) {
  if (!context.global.base.given()) return;
  for (const CoreObject& object : objects) {
    for (const CoreRelocation& relocation : object.relocations) {
      const std::string_view name = object.btf->type(relocation.access.root).name();
      if (!name.empty()) wanted_.insert(essential_name(name));
    }
  }
  sources_ = without_repeats(context.global.base.sources);
  std::vector<std::string> sources;  // of the kernels that could be read
  run_batch(sources_, context.global.jobs, read_base, [&](ReadBase&& base) {
    if (base.error) {
      context.error(*base.error);
      unread_.push_back({.source = base.source, .error = *base.error});
      return;
    }
    if (base.is_program) {
      context.warn(fmt::format("{}: is a BPF object: its types are those of a program, not of a kernel", base.source));
    }
    sources.push_back(base.source);
    const bool is_known = std::ranges::find(kernels_, base.name, &CoreKernel::name) != kernels_.end();
    kernels_.emplace_back(is_known ? base.source : base.name, std::move(base.btf));
    releases_.push_back(std::move(base.release));
  });
  // Now: all kernels are there, without modules.
  if (kernels_.empty()) return;
  if (!modules.empty()) {
    std::vector<std::size_t> all(kernels_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    add_modules(modules, all, true);
    return;
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::string directory = modules_of(sources[i]);
    if (!directory.empty() && (search_all || wants_modules(kernels_[i], objects))) add_modules({directory}, {i}, false);
  }
}

/// Whether an object asks for a type that the base does not have.
bool CoreKernels::wants_modules(const CoreKernel& kernel, const std::vector<CoreObject>& objects) {
  for (const CoreObject& object : objects) {
    for (const CoreRelocation& relocation : object.relocations) {
      if (relocation.reason != CoreReason::none || relocation.kind == CoreKind::local_type_id) continue;
      const TypeView root = object.btf->type(relocation.access.root);
      const std::vector<TypeId> found = kernel.find(0, essential_name(root.name()));
      const auto is_alike = [&](TypeId id) { return declared_kind(kernel.base()->type(id)) == declared_kind(root); };
      if (std::ranges::none_of(found, is_alike)) return true;
    }
  }
  return false;
}

bool CoreKernels::has_wanted(const Btf& btf) const {
  for (TypeId id = btf.first_id(); id < btf.end_id(); ++id) {
    if (wanted_.contains(essential_name(btf.type(id).name()))) return true;
  }
  return false;
}

/// Adds modules to those of some kernels that they belong to: by the release that they name, or else by their BTF.
/// `asked_for`: what cannot be read is an error.
void CoreKernels::add_modules(const std::vector<std::string>& modules, const std::vector<std::size_t>& kernels,
                              bool asked_for) {
  const auto place = [&](const ModuleItem& item, ReadModule& module) {
    const Image image = open_module(item);
    module.name = kernel_name(image, item.name);
    const std::string release = kernel_release(image);
    std::vector<std::size_t> fitting;
    std::ranges::copy_if(kernels, std::back_inserter(fitting),
                         [&](std::size_t i) { return !release.empty() && releases_[i] == release; });
    for (const std::size_t i : fitting.empty() ? kernels : fitting) {
      try {
        const BtfPtr btf = load_module(image, kernels_[i].base());
        module.on.emplace_back(i, has_wanted(*btf) ? btf : nullptr);
      } catch (const Error& error) {
        module.error = error;
      }
    }
    if (!module.on.empty()) module.error.reset();  // it is another kernel's
  };
  const auto read = [&](ModuleItem&& item) {
    ReadModule module{.name = item.name, .source = item.name};
    try {
      with_memory_as_error([&] { place(item, module); });
    } catch (const Error& error) {
      module.error = error.in(item.name);
    }
    return module;
  };
  ModuleStream stream(modules);
  const std::optional<std::size_t> total = stream.count();
  std::size_t done = 0;
  const auto take = [&](ReadModule&& module) {
    context_.messages.progress(++done, total);
    if (module.error && asked_for) {
      context_.error(*module.error);
      unread_.push_back({.source = module.source, .is_module = true, .error = *module.error});
    } else if (module.error) {
      context_.note(module.error->what());
    }
    for (auto& [kernel, btf] : module.on) {
      if (btf) {
        kernels_[kernel].add_module(module.name, std::move(btf));
      } else {
        kernels_[kernel].pass_module();
      }
    }
  };
  run_stream([&] { return stream.next(); }, context_.global.jobs, read, take);
  context_.messages.wipe();
}

}  // namespace btfx
