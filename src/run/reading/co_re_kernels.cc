#include "run/reading/co_re_kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>

#include "base/attempt.h"
#include "base/batch.h"
#include "base/memory_error.h"
#include "btf/declared.h"
#include "btf/names.h"
#include "image/kernel_config.h"
#include "image/modules.h"
#include "inputs/kernel_facts.h"
#include "inputs/module.h"
#include "run/batch/batch_report.h"
#include "transform/co_re/settings.h"
#include "transform/co_re/targets.h"

namespace btfx {

namespace {

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

CoreKernels::CoreKernels(const Options& options, const std::vector<CoreObject>& objects, const Context& context)
    : options_(options), objects_(objects), context_(context) {
  if (!context.global.base.given()) return;
  note_questions(objects);
  if (!options.config.empty()) config_ = read_config(options.config);
  sources_ = without_repeats(context.global.base.sources);
}

void CoreKernels::for_each(const std::function<void(const std::vector<CoreKernel>&)>& take) {
  const bool all_at_once = !options_.modules.empty();
  const std::size_t most = all_at_once ? sources_.size() : std::max<std::size_t>(context_.global.jobs, 1);
  for (std::size_t first = 0; first < sources_.size(); first += most) {
    const auto begin = sources_.begin() + static_cast<std::ptrdiff_t>(first);
    const std::vector<std::string> group(begin,
                                         begin + static_cast<std::ptrdiff_t>(std::min(most, sources_.size() - first)));
    run_batch(
        group, context_.global.jobs, [&](const std::string& source) { return read_kernel(source); },
        [&](ReadKernel&& read) { add_kernel(std::move(read)); });
    if (kernels_.empty()) continue;
    // Now: the kernels of the group are there, without modules.
    if (all_at_once) {
      std::vector<std::size_t> all(kernels_.size());
      std::iota(all.begin(), all.end(), std::size_t{0});
      add_modules(options_.modules, all, true);
    } else {
      add_own_modules();
    }
    take(kernels_);
    kernels_.clear();
    bases_.clear();
  }
}

/// Adds the modules of the packages and directories that the kernels were given as, where they may hold an answer.
void CoreKernels::add_own_modules() {
  for (std::size_t i = 0; i < kernels_.size(); ++i) {
    const std::string directory = modules_of(bases_[i]->source());
    if (directory.empty() || (!options_.search_all && !wants_modules(kernels_[i]))) continue;
    context_.note(fmt::format("{}: its modules are read: {}", directory,
                              options_.search_all ? "--search-all" : "objects ask for what its vmlinux lacks"));
    add_modules({directory}, {i}, false);
  }
}

std::vector<CoreUnread> CoreKernels::unread() const {
  std::vector<CoreUnread> all = unread_kernels_;
  all.insert(all.end(), unread_modules_.begin(), unread_modules_.end());
  return all;
}

/// Notes what the objects ask of kernels, so that no more is kept of any.
void CoreKernels::note_questions(const std::vector<CoreObject>& objects) {
  for (const CoreObject& object : objects) {
    for (const CoreRelocation& relocation : object.relocations) {
      const std::string_view name = object.btf->type(relocation.access.root).name();
      if (!name.empty()) wanted_.emplace(essential_name(name));
    }
    if (object.error) continue;
    for (const CoreName& name : asked_names(object)) wanted_.insert(name.name);
    for (const CoreExtern& external : object.externs) {
      if (external.kind == CoreExternKind::setting) settings_.insert(external.name);
      if (external.kind == CoreExternKind::symbol || external.kind == CoreExternKind::variable) {
        symbols_.insert(external.name);
      }
    }
  }
  wants_version_ = settings_.erase("LINUX_KERNEL_VERSION") != 0;
  std::erase_if(settings_, [](const std::string& name) { return !name.starts_with("CONFIG_"); });
}

CoreKernels::ReadKernel CoreKernels::read_kernel(const std::string& source) const {
  ReadKernel read{.source = source};
  try {
    in_place(source, {}, [&] {
      with_memory_as_error([&] {
        const Image image = read_base_source(source);
        read.image = image.name;
        const auto kernel = std::make_shared<const Kernel>(source, image, SearchPaths::system());
        read.facts = read_facts(source, image, kernel->release());
        read.kernel = kernel;
      });
    });
  } catch (const Error& error) {
    read.error = error;
  }
  return read;
}

/// What objects ask of a kernel beside its types.
CoreFacts CoreKernels::read_facts(const std::string& source, const Image& image, const std::string& release) const {
  constexpr std::string_view signature = "CONFIG_VERSION_SIGNATURE";  // of Ubuntu
  CoreFacts facts;
  const bool is_running = image.path.starts_with("/sys/kernel/btf/");
  std::optional<std::string> config = config_;
  const auto find_config = [&] {
    if (config) return;
    if (std::optional<KernelConfig> found = find_kernel_config(source, release)) config = std::move(found->text);
  };
  if (!settings_.empty()) find_config();
  if (config) facts.settings = parse_settings(*config, settings_);
  if (!symbols_.empty() && is_running) facts.symbols = running_symbols(symbols_);
  if (!wants_version_) return facts;
  const auto signed_version = [](std::string_view text) {
    text = text.substr(0, text.find_last_not_of("\"\n") + 1);
    return version_at(text.substr(text.rfind(' ') + 1));
  };
  if (is_running) facts.version = signed_version(running_signature());
  if (facts.version == 0) facts.version = banner_version(banner_of_base(image));
  if (facts.version != 0) return facts;
  find_config();
  if (!config) return facts;
  const KernelSettings settings = parse_settings(*config, {std::string(signature)});
  if (const auto found = settings.find(std::string(signature)); found != settings.end()) {
    facts.version = signed_version(found->second);
  }
  if (facts.version == 0) facts.version = settings_version(*config);
  return facts;
}

/// Takes a kernel that was given, or says that it could not be read.
void CoreKernels::add_kernel(ReadKernel&& read) {
  if (read.error) {
    context_.error(*read.error);
    unread_kernels_.push_back({.source = read.source, .error = *read.error});
    return;
  }
  if (read.kernel->is_program()) {
    context_.warn(fmt::format("{}: is a BPF object: its types are those of a program, not of a kernel", read.source));
  }
  if (!images_.insert(read.image).second) {
    context_.note(fmt::format("{}: its kernel is {}, which was given before", read.source, read.image));
    return;
  }
  const bool is_known = !names_.insert(read.kernel->name()).second;
  kernels_.emplace_back(is_known ? read.source : read.kernel->name(), read.kernel->btf());
  kernels_.back().set_facts(std::move(read.facts));
  bases_.push_back(std::move(read.kernel));
}

/// Whether an object asks for something that the base does not have.
bool CoreKernels::wants_modules(const CoreKernel& kernel) const {
  for (const CoreObject& object : objects_) {
    if (object.error) continue;
    const auto is_missing = [&](const CoreName& name) {
      return kernel.base()->names().find(name.name, name.kind) == void_id;
    };
    if (std::ranges::any_of(asked_names(object), is_missing)) return true;
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
    const std::string_view name = btf.type(id).name();
    if (name.empty()) continue;
    if (wanted_.contains(essential_name(name)) || wanted_.contains(name)) return true;
  }
  return false;
}

/// Adds modules to those of some kernels that they belong to: by the release that they name, or else by their BTF.
/// `asked_for`: a module without BTF is an error.
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
  ModuleStream stream(modules, {.has_base = true});
  run_modules<ReadModule>(stream, context_, read, [&](Done<ReadModule>&& done) {
    // A kernel may have modules without BTF, which hold no types; those that were asked for should.
    if (done.error && !asked_for && done.error->code() == ErrorCode::no_btf) {
      context_.note(done.error->what());
    } else if (done.error) {
      context_.error(*done.error);
      unread_modules_.push_back({.source = done.name, .is_module = true, .error = *done.error});
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
