#include "emit/c/kfuncs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "btf/type_groups.h"

namespace btfx {

namespace {

/// Whether two function prototypes return and take the same, whatever the parameters are called.
bool same_prototype(const Btf& btf, TypeId a, TypeId b) {
  if (a == b) return true;
  const TypeView one = btf.type(a), other = btf.type(b);
  if (one.kind() != Kind::func_proto || other.kind() != Kind::func_proto) return false;
  if (one.target() != other.target() || one.vlen() != other.vlen()) return false;
  for (std::uint32_t i = 0, n = one.vlen(); i < n; ++i) {
    if (one.param(i).type != other.param(i).type) return false;
  }
  return true;
}

/// Takes out functions that have the name of another with other parameters, and warns of each.
void drop_namesakes(const Btf& btf, std::vector<Kfunc>& kfuncs, Diagnostics& diagnostics) {
  std::vector<Kfunc> kept;
  for (const Kfunc& kfunc : kfuncs) {
    if (kept.empty() || std::strcmp(kept.back().name, kfunc.name) != 0 ||
        same_prototype(btf, kept.back().prototype, kfunc.prototype)) {
      kept.push_back(kfunc);
    } else {
      diagnostics.push_back(
          {"c-function",
           fmt::format("function '{}' has two prototypes, those of types {} and {}: only the first is declared",
                       kfunc.name, raw(kept.back().function), raw(kfunc.function))});
    }
  }
  kfuncs = std::move(kept);
}

}  // namespace

std::vector<Kfunc> find_kfuncs(const Btf& btf, const DumpCOptions& options, Diagnostics& diagnostics) {
  std::vector<Kfunc> kfuncs;
  if (options.kfuncs == Kfuncs::none || (options.kfuncs == Kfuncs::automatic && options.roots)) return kfuncs;
  std::unordered_set<TypeId> selected, fast;
  const bool all = options.kfuncs != Kfuncs::selected || !options.roots;
  if (!all) {
    for (const TypeId root : *options.roots) {
      if (btf.kind(root) == Kind::func) selected.insert(root);
    }
    if (selected.empty()) return kfuncs;  // no tag is worth looking for
  }
  for (const TypeId id : btf.groups().of(TypeGroup::others)) {
    if (btf.kind(id) != Kind::decl_tag) continue;
    const TypeView tag = btf.type(id);
    if (tag.component() != -1) continue;
    const TypeView function = btf.type(tag.target());
    if (function.kind() != Kind::func) continue;
    if (tag.name() == "bpf_fastcall") {
      fast.insert(tag.target());
    } else if (tag.name() == "bpf_kfunc" && (all || selected.contains(tag.target()))) {
      kfuncs.push_back({function.btf().c_string(function.name_offset()), tag.target(), function.target(), false});
    }
  }
  if (options.kfuncs == Kfuncs::all && kfuncs.empty()) {
    diagnostics.push_back({"c-kfuncs",
                           "no function is tagged as one that BPF programs may call, so that --kfuncs declares none; "
                           "pahole before 1.27 tags none"});
  }
  std::unordered_set<std::string_view> tagged;
  for (const Kfunc& kfunc : kfuncs) tagged.insert(kfunc.name);
  for (const TypeId id : options.functions) {
    const TypeView function = btf.type(id);
    if (tagged.contains(function.name())) continue;
    kfuncs.push_back({function.btf().c_string(function.name_offset()), id, function.target(), false});
  }
  for (Kfunc& kfunc : kfuncs) kfunc.is_fast = fast.contains(kfunc.function);
  std::ranges::stable_sort(kfuncs, [](const Kfunc& a, const Kfunc& b) { return std::strcmp(a.name, b.name) < 0; });
  drop_namesakes(btf, kfuncs, diagnostics);
  return kfuncs;
}

}  // namespace btfx
