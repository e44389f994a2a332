#include "btf/kernel_rules/kernel.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "btf/header.h"
#include "btf/kernel_rules/rules.h"
#include "btf/names.h"

namespace btfx {

namespace {

/// What the BTF of a kernel shows of the code that loads BTF.
struct Signs {
  std::optional<std::uint32_t> header_size;  ///< bytes of `struct btf_header`
  std::optional<std::uint64_t> max_vlen, kinds;
  std::optional<bool> tag_order, relocates;
};

Signs read_signs(const Btf& vmlinux) {
  Signs signs;
  std::set<std::string_view> functions;  // of the code that deals with BTF
  if (const TypeId header = find_type(vmlinux, "btf_header", Kind::struct_); header != void_id) {
    signs.header_size = vmlinux.type(header).size();
  }
  for (TypeId id = vmlinux.first_id(); id != vmlinux.end_id(); ++id) {
    const TypeView type = vmlinux.type(id);
    if (type.kind() == Kind::func && type.name().starts_with("btf_")) functions.insert(type.name());
    if (type.kind() != Kind::enum_) continue;
    for (std::uint32_t i = 0; i < type.vlen(); ++i) {
      const char* text = vmlinux.c_string(type.enumerator_name(i));
      if (*text != 'B' && *text != 'N') continue;  // nearly all, before they are measured
      const std::string_view name = text;
      if (name == "BTF_MAX_VLEN") signs.max_vlen = type.enumerator_value(i);
      if (name == "NR_BTF_KINDS") signs.kinds = type.enumerator_value(i);
    }
  }
  if (functions.contains("btf_check_modifier_chain_length")) {
    signs.tag_order = false;
  } else if (functions.contains("btf_check_type_tags")) {
    signs.tag_order = true;
  }
  if (functions.contains("btf_relocate")) {
    signs.relocates = true;
  } else if (functions.contains("btf_module_notify")) {  // the loader of modules' BTF is there, but without it
    signs.relocates = false;
  }
  return signs;
}

/// The newest version with those signs, of the versions that differ here; nothing when the signs do not tell.
std::optional<std::uint32_t> version_of(const Signs& signs) {
  if (signs.header_size && *signs.header_size >= BtfHeader::layout_header_length) return kernel_version(7, 2);
  if (signs.kinds) {
    if (*signs.kinds <= 16) return kernel_version(5, 12);
    if (*signs.kinds == 17) return kernel_version(5, 15);
    if (*signs.kinds == 18) return kernel_version(5, 16);
    if (*signs.kinds == 19) return kernel_version(5, 19);
  }
  if (signs.relocates == false) return kernel_version(6, 10);
  if (signs.header_size || signs.kinds || signs.tag_order || signs.relocates) return kernel_version(6, 18);
  return std::nullopt;
}

/// Changes the rules to what the signs show. Returns which signs there were.
std::vector<std::string> apply(const Signs& signs, KernelRules& rules) {
  std::vector<std::string> seen;
  if (signs.header_size) {
    rules.layout = *signs.header_size >= BtfHeader::layout_header_length;
    seen.push_back(fmt::format("struct btf_header of {} bytes", *signs.header_size));
  }
  if (signs.max_vlen) {
    rules.wide_vlen = *signs.max_vlen > 0xffff;
    seen.push_back(fmt::format("BTF_MAX_VLEN {}", *signs.max_vlen));
  } else if (signs.header_size) {
    rules.wide_vlen = false;  // a macro before it had 24 bits
  }
  if (signs.tag_order) {
    rules.tag_order = *signs.tag_order;
    seen.emplace_back(*signs.tag_order ? "btf_check_type_tags()" : "btf_check_modifier_chain_length()");
  }
  if (signs.relocates) {
    rules.relocates = *signs.relocates;
    seen.emplace_back(*signs.relocates ? "btf_relocate()" : "no btf_relocate()");
  }
  if (signs.kinds && *signs.kinds > 0) {
    rules.highest_kind = static_cast<std::uint32_t>(std::min<std::uint64_t>(*signs.kinds, known_kinds) - 1);
    seen.push_back(fmt::format("NR_BTF_KINDS {}", *signs.kinds));
  }
  return seen;
}

std::string version_text(std::uint32_t version) {
  return fmt::format("Linux {}.{}", version >> 16, version & 0xffff);
}

}  // namespace

KernelProfile kernel_profile(const Btf& vmlinux, std::string_view release) {
  const Signs signs = read_signs(vmlinux);
  const std::optional<std::uint32_t> version = version_of(signs);
  if (!version) return kernel_profile(release, vmlinux.header().layout_length != 0);
  KernelProfile profile;
  profile.is_known = true;
  const std::optional<KernelRules> released = find_release(release);
  profile.rules = released ? *released : rules_of_version(*version);
  const std::vector<std::string> seen = apply(signs, profile.rules);
  profile.source =
      fmt::format("the rules are those that its BTF shows ({}), the others those of {}", fmt::join(seen, ", "),
                  released ? fmt::format("release {}", release) : version_text(*version));
  return profile;
}

KernelProfile kernel_profile(std::string_view release, bool has_layout_section) {
  if (const std::optional<KernelRules> released = find_release(release)) {
    return {.rules = *released, .is_known = true, .source = fmt::format("the rules are those of release {}", release)};
  }
  if (!has_layout_section) return {.source = "the rules are those of Linux 6.18, as no kernel is named"};
  return {.rules = KernelRules::newest(),
          .source = "the rules are those of Linux 7.2, as no kernel is named, and older ones know no layout section"};
}

bool has_layout_section(ByteView blob) {
  try {
    return read_header(blob).header.layout_length != 0;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace btfx
