#include "cmd/co_re_kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>

#include "base/batch.h"
#include "cmd/batch_report.h"
#include "image/modules.h"
#include "inputs/module.h"
#include "results/change.h"

namespace btfx {

namespace {

/// A kernel that has been read, or why it could not be.
struct ReadKernel {
  std::string source;
  KernelPtr kernel = {};
  std::optional<Error> error = {};
};

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

/// A module on each kernel that it belongs to.
struct ReadModule {
  std::string name;
  std::vector<std::pair<std::size_t, BtfPtr>> on = {};  // null where it has nothing that is asked for
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
  run_batch(
      sources_, context.global.jobs,
      [](const std::string& source) {
        ReadKernel read{.source = source};
        try {
          read.kernel = Kernels().get(source);
        } catch (const Error& error) {
          read.error = error;
        }
        return read;
      },
      [&](ReadKernel&& read) { add_kernel(read.source, read.kernel, read.error); });
  // Now: all kernels are there, without modules.
  if (kernels_.empty()) return;
  if (!modules.empty()) {
    std::vector<std::size_t> all(kernels_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    add_modules(modules, all, true);
    return;
  }
  for (std::size_t i = 0; i < kernels_.size(); ++i) {
    const std::string directory = modules_of(bases_[i]->source());
    if (!directory.empty() && (search_all || wants_modules(kernels_[i], objects))) add_modules({directory}, {i}, false);
  }
}

/// Takes a kernel that was given, or says that it could not be read.
void CoreKernels::add_kernel(const std::string& source, const KernelPtr& kernel, const std::optional<Error>& error) {
  if (error) {
    context_.error(*error);
    unread_.push_back({.source = source, .error = *error});
    return;
  }
  if (kernel->is_program()) {
    context_.warn(fmt::format("{}: is a BPF object: its types are those of a program, not of a kernel", source));
  }
  const bool is_known = std::ranges::find(kernels_, kernel->name(), &CoreKernel::name) != kernels_.end();
  kernels_.emplace_back(is_known ? source : kernel->name(), kernel->btf());
  bases_.push_back(kernel);
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
  const auto read = [&](const Module& opened, ReadModule& module) {
    module.name = kernel_name(opened.image(), opened.name());
    const std::string release = kernel_release(opened.image());
    std::vector<std::size_t> fitting;
    std::ranges::copy_if(kernels, std::back_inserter(fitting),
                         [&](std::size_t i) { return !release.empty() && bases_[i]->release() == release; });
    std::optional<Error> failure;
    for (const std::size_t i : fitting.empty() ? kernels : fitting) {
      try {
        const BtfPtr btf = opened.on(*bases_[i]);
        module.on.emplace_back(i, has_wanted(*btf) ? btf : nullptr);
      } catch (const Error& error) {
        failure = error;
      }
    }
    if (failure && module.on.empty()) throw Error(*failure);  // else it is another kernel's
  };
  ModuleStream stream(modules);
  run_modules<ReadModule>(stream, context_, read, [&](Done<ReadModule>&& done) {
    if (done.error && asked_for) {
      context_.error(*done.error);
      unread_.push_back({.source = done.name, .is_module = true, .error = *done.error});
    } else if (done.error) {
      context_.note(done.error->what());
    }
    for (auto& [kernel, btf] : done.result.on) {
      if (btf) {
        kernels_[kernel].add_module(done.result.name, std::move(btf));
      } else {
        kernels_[kernel].pass_module();
      }
    }
  });
}

}  // namespace btfx
