#include "inputs/module.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/attempt.h"
#include "btf/evidence.h"
#include "image/signature.h"
#include "image/source.h"
#include "transform/check/load_refusal.h"

namespace btfx {

namespace {

std::string_view section_of(const Image& image) {
  return image.elf ? main_section : std::string_view();
}

Error no_base(const Module& module, std::string_view why) {
  const std::string release = kernel_release(module.image());
  const std::string which = release.empty() ? "its base" : fmt::format("its base, the vmlinux of {},", release);
  return {ErrorCode::no_base,
          fmt::format("is {} BTF, and {} was not {}: name it with -B", to_string(module.relation()), which, why),
          {.file = module.image().name, .section = std::string(section_of(module.image()))}};
}

/// Split BTF on a kernel that is believed to be right, with a hint where numbers are out of range.
BtfPtr load_split(const Module& module, const Kernel& kernel) {
  try {
    return load_btf(module.image(), kernel.btf());
  } catch (const Error& error) {
    const bool stands_alone = module.relation() == Relation::standalone;
    throw hint_at_base(error, stands_alone ? "it looks standalone: leave out -B" : other_base_hint);
  }
}

}  // namespace

Module::Module(Image image) : image_(std::move(image)), name_(image_.name), relation_(relation_of(image_)) {}

Module::Module(const ModuleItem& item) : image_(open_module(item)), name_(item.name), relation_(relation_of(image_)) {}

bool Module::is_signed() const {
  return image_.elf && find_signature(image_.elf->file()).has_value();
}

std::optional<BtfIds> Module::ids() const {
  return image_.elf ? BtfIds::read(*image_.elf) : std::nullopt;
}

const BtfPtr& Module::as_it_is() const {
  return as_it_is_.get([&] {
    if (relation_ != Relation::distilled) return load_btf(image_);
    return load_btf(image_, load_btf(image_, nullptr, base_section));
  });
}

BtfPtr Module::on(const Kernel& kernel) const {
  if (relation_ == Relation::distilled) return relocated_onto(kernel, LookAt::base).split;
  Bytes blob = btf_section(image_);
  return in_place(image_.name, section_of(image_),
                  [&] { return parse_on_base(std::move(blob), kernel.btf(), pointer_size()); });
}

RelocatedModule Module::relocated_onto(const Kernel& kernel, LookAt sections) const {
  BtfPtr original = as_it_is();
  return in_place(image_.name, base_section, [&] {
    // A kernel too old to read .BTF.base loads nothing of it, which does not keep its types from being looked at.
    const KernelProfile& profile = kernel.check_base().profile();
    if (const auto refusal = refuse_before_mapping(image_, *original, profile, *kernel.btf(), sections);
        refusal && profile.rules.relocates) {
      throw Error(ErrorCode::refused, fmt::format("does not relocate onto the given base: {}", refusal->finding.text),
                  {.section = refusal->finding.place.section});
    }
    static thread_local Relocator relocator;  // keeps nothing but memory between two modules
    Relocation relocation = relocator.run(*original, kernel.target());
    if (!relocation.succeeded()) {
      throw Error(ErrorCode::refused,
                  fmt::format("does not relocate onto the given base: {}", relocation.kernel_failure->message));
    }
    BtfPtr split = Btf::parse_mapped(relocation.split, kernel.btf(), *original);
    return RelocatedModule{std::move(original), std::move(relocation), std::move(split)};
  });
}

ChosenKernel choose_kernel(const Module& module, const BaseChoice& choice, const Kernels& kernels) {
  if (choice.given()) {
    if (choice.sources.size() > 1) throw Error(ErrorCode::usage, "only one base can be given with -B");
    return {kernels.get(choice.sources.front())};
  }
  if (choice.forbidden()) throw no_base(module, "to be looked for");
  const std::optional<FoundBase> found = find_base(module.image(), kernels.paths());
  if (!found) throw no_base(module, "found");
  return {kernels.get(found->source), fmt::format("base is {}: {}", found->source, found->reason)};
}

LoadedBtf load_to_look_at(const Module& module, const BaseChoice& choice, const Kernels& kernels) {
  LoadedBtf loaded;
  if (!choice.given() && module.relation() == Relation::distilled) {
    loaded.btf = module.as_it_is();
    loaded.relation = Relation::distilled;
    loaded.notes.emplace_back("base is its own .BTF.base, not relocated");
    return loaded;
  }
  if (!choice.given() && module.relation() == Relation::standalone) {
    try {
      loaded.btf = module.as_it_is();
    } catch (const Error& error) {
      throw hint_at_base(error, "if it continues a base, name that with -B");
    }
    return loaded;
  }
  ChosenKernel chosen = choose_kernel(module, choice, kernels);
  loaded.kernel = std::move(chosen.kernel);
  loaded.relation = Relation::split;
  if (module.relation() == Relation::distilled) {
    loaded.btf = module.on(*loaded.kernel);
    loaded.notes.emplace_back(fmt::format("relocated from its .BTF.base onto {}", loaded.kernel->source()));
    return loaded;
  }
  loaded.btf = load_split(module, *loaded.kernel);
  if (!chosen.note.empty()) loaded.notes.emplace_back(std::move(chosen.note));
  if (module.relation() == Relation::standalone) {
    loaded.notes.emplace_back("looks standalone, but is taken as split because -B is given");
  }
  if (const BaseEvidence evidence = weigh_base(*loaded.btf); !evidence.belongs()) {
    loaded.doubt = fmt::format("does not belong to this base, so that names and types are wrong: {}",
                               describe(evidence, *loaded.btf));
  }
  return loaded;
}

}  // namespace btfx
