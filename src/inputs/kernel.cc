#include "inputs/kernel.h"

#include <elf.h>

#include <utility>

#include "base/attempt.h"
#include "base/memory_error.h"
#include "btf/load.h"

namespace btfx {

// NOLINTNEXTLINE(performance-unnecessary-value-param): it is kept, after it was read
Kernel::Kernel(std::string source, const SearchPaths& paths) : Kernel(source, read_base_source(source, paths), paths) {}

Kernel::Kernel(std::string source, const Image& image, const SearchPaths& paths)
    : source_(std::move(source)),
      release_(release_of_base(image, paths)),
      name_(release_.empty() ? image.name : release_),
      is_program_(image.elf && image.elf->machine() == EM_BPF),
      btf_(load_base(image)),
      target_(btf_) {}

Kernel::Kernel(std::string name, BtfPtr btf)
    : source_(std::move(name)), name_(source_), btf_(std::move(btf)), target_(btf_) {}

const CheckBase& Kernel::check_base() const {
  return *check_base_.get([&] { return std::make_unique<const CheckBase>(name_, btf_, release_); });
}

const MergeBasePtr& Kernel::merge_base(unsigned jobs) const {
  return merge_base_.get([&] { return MergeBase::with_index(btf_, jobs); });
}

const std::shared_ptr<const Fingerprints>& Kernel::prints() const {
  return prints_.get([&] { return std::make_shared<const Fingerprints>(btf_); });
}

std::string release_of_base(const Image& image, const SearchPaths& paths) {
  std::string release = kernel_release(image);
  if (release.empty() && image.path.starts_with("/sys/kernel/btf/")) release = paths.running;
  return release;
}

KernelPtr Kernels::get(const std::string& source) const {
  return kernels_.get(source, [&] {
    return in_place(source, {}, [&] {
      return with_memory_as_error([&] { return std::make_shared<const Kernel>(source, paths_); });
    });
  });
}

}  // namespace btfx
