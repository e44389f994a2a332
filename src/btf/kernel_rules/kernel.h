// Which rules a kernel has: what its own BTF shows of its loader first, then its release, then a default.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "btf/btf.h"
#include "btf/kernel_rules/validate.h"

namespace btfx {

/// The rules of one kernel, and how they are known.
struct KernelProfile {
  KernelRules rules = {};
  bool is_known = false;    ///< its BTF or its release shows the rules
  std::string source = {};  ///< how the rules are known, as a sentence for `-v`
};

/// The rules of the kernel whose BTF is `vmlinux`, and whose release is `release`, or empty where that is not known.
///
/// The BTF shows of the loader: the size of `struct btf_header`; the enumerators BTF_MAX_VLEN and NR_BTF_KINDS; whether
/// it checks the order of type tags (btf_check_type_tags()) or the length of chains alone
/// (btf_check_modifier_chain_length()); and whether it reads .BTF.base (btf_relocate()). Source: the BTF of Debian's
/// 6.1 to 7.3. What it does not show is that of the release. Without a release it is that of the newest version that
/// the BTF allows, 6.18 where it shows nothing.
KernelProfile kernel_profile(const Btf& vmlinux, std::string_view release);

/// The rules for a BTF whose kernel is known by its release at most: without one those of 6.18, or where the BTF has a
/// layout section, those of the first kernel that knows it.
KernelProfile kernel_profile(std::string_view release, bool has_layout_section);

/// Whether a blob has a layout section, as far as its header can be read.
bool has_layout_section(ByteView blob);

}  // namespace btfx
