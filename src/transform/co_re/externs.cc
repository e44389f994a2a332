#include "transform/co_re/externs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "btf/measure.h"
#include "btf/names.h"
#include "btf/spelling.h"
#include "transform/co_re/features.h"
#include "transform/co_re/settings.h"
#include "transform/co_re/types.h"

namespace btfx {

namespace {

using ExternState = CoreExternResult::State;

constexpr std::string_view settings_section = ".kconfig", symbols_section = ".ksyms";
constexpr std::string_view version_name = "LINUX_KERNEL_VERSION", cookie_name = "LINUX_HAS_BPF_COOKIE",
                           wrapper_name = "LINUX_HAS_SYSCALL_WRAPPER";

bool is_virtual(std::string_view name) {
  return name == version_name || name == cookie_name || name == wrapper_name;
}

/// How a setting of that type is stored; nothing for types that no setting has. Source: libbpf's find_kcfg_type().
std::optional<SettingForm> setting_form(const Btf& btf, TypeId id) {
  const TypeView type = btf.type(strip_names(btf, id));
  switch (type.kind()) {
    case Kind::int_: {
      constexpr std::uint32_t boolean = 4;
      const std::uint32_t size = type.size();
      if ((type.int_encoding() & boolean) != 0) return size == 1 ? std::optional(SettingForm::boolean) : std::nullopt;
      if (size == 1) return SettingForm::character;
      if (size != 2 && size != 4 && size != 8) return std::nullopt;
      return SettingForm::integer;
    }
    case Kind::enum_:
    case Kind::enum64:
      if (type.name() != "libbpf_tristate" || (type.kind() == Kind::enum_ && type.size() != 4)) return std::nullopt;
      return SettingForm::tristate;
    case Kind::array:
      if (type.element_count() == 0 || btf.type(strip_names(btf, type.element())).kind() != Kind::int_) {
        return std::nullopt;
      }
      return setting_form(btf, type.element()) == SettingForm::character ? std::optional(SettingForm::text)
                                                                         : std::nullopt;
    default:
      return std::nullopt;
  }
}

/// What is wrong with a setting, whatever the kernel; else fills in how it is stored.
std::string read_setting(const Btf& btf, TypeView declaration, CoreExtern& external) {
  if (declaration.kind() == Kind::func) return "is a function, which no setting is";
  const std::optional<std::uint32_t> size = size_of(btf, declaration.target());
  const std::optional<SettingForm> form = setting_form(btf, declaration.target());
  // What all of them take may be as large as one says it is.
  constexpr std::uint32_t max_size = 1U << 16;
  if (!form || !size || *size == 0 || *size > max_size) {
    return fmt::format("has the type {}, which no setting has", spell_type(btf, declaration.target()));
  }
  external.form = *form;
  external.size = *size;
  constexpr std::uint32_t signed_encoding = 1;
  const TypeView type = btf.type(external.type);
  external.is_signed = type.kind() == Kind::int_ && (type.int_encoding() & signed_encoding) != 0;
  if (external.name.starts_with("CONFIG_") || is_virtual(external.name)) return {};
  if (external.name.starts_with("LINUX_") && external.is_weak) return {};
  return "is a setting that loaders do not know";
}

}  // namespace

std::vector<CoreExtern> read_core_externs(const BpfObject& bpf) {
  std::vector<CoreExtern> externs;
  const Btf& btf = *bpf.btf;
  for (const BpfExtern& declared : bpf.externs) {
    CoreExtern& external = externs.emplace_back(CoreExtern{.name = declared.name, .is_weak = declared.is_weak});
    if (declared.id == void_id) {
      external.error = "is declared nowhere in the object's BTF";
      continue;
    }
    const TypeView declaration = btf.type(declared.id);
    external.type = strip_names(btf, declaration.target());
    if (declared.section == settings_section) {
      external.kind = CoreExternKind::setting;
      external.error = read_setting(btf, declaration, external);
    } else if (declared.section != symbols_section) {
      external.error = declared.section.empty() ? "is in no section of externs"
                                                : fmt::format("is in the section {}", declared.section);
    } else if (declaration.kind() == Kind::func) {
      external.kind = CoreExternKind::function;
    } else if (external.type != void_id) {
      external.kind = CoreExternKind::variable;
    }
  }
  return externs;
}

namespace {

/// Resolves the externs of one object on one kernel.
class ExternResolver {
 public:
  ExternResolver(const CoreObject& object, const CoreKernel& kernel) : object_(object), kernel_(kernel) {}

  [[nodiscard]] CoreExternResult run(const CoreExtern& external) const {
    if (!external.error.empty()) return {.state = ExternState::unfit, .message = external.error};
    switch (external.kind) {
      case CoreExternKind::setting:
        return setting(external);
      case CoreExternKind::function:
        return function(external);
      case CoreExternKind::variable:
        return variable(external);
      case CoreExternKind::symbol:
        break;
    }
    return symbol(external);
  }

 private:
  /// A type of the kernel.
  struct Found {
    std::size_t part = 0;
    TypeId id = void_id;
  };

  [[nodiscard]] std::optional<Found> find(std::string_view name, Kind kind) const {
    for (std::size_t part = 0; part < kernel_.parts().size(); ++part) {
      const TypeId id = kernel_.parts()[part].btf->names().find(name, kind);
      if (id != void_id) return Found{part, id};
    }
    return std::nullopt;
  }

  static CoreExternResult missing(const CoreExtern& external, std::string message) {
    return {.state = external.is_weak ? ExternState::zero : ExternState::missing, .message = std::move(message)};
  }

  [[nodiscard]] static CoreExternResult stored(StoredSetting setting, std::string spelling) {
    if (!setting.error.empty()) return {.state = ExternState::unfit, .message = std::move(setting.error)};
    return {.state = ExternState::found, .content = std::move(setting.bytes), .spelling = std::move(spelling)};
  }

  [[nodiscard]] CoreExternResult number(const CoreExtern& external, std::uint64_t value) const {
    return stored(store_number(external, value, object_.order), fmt::format("{}", value));
  }

  [[nodiscard]] CoreExternResult setting(const CoreExtern& external) const {
    const CoreFacts& facts = kernel_.facts();
    if (external.name == version_name) {
      if (facts.version != 0) return number(external, facts.version);
      return {.state = ExternState::set, .message = "the kernel's version is not known"};
    }
    if (external.name == cookie_name || external.name == wrapper_name) {
      const std::optional<bool> has = external.name == cookie_name ? has_cookie() : has_wrapper();
      if (has) return number(external, *has ? 1 : 0);
      return {.state = ExternState::set, .message = "the kernel's types do not tell"};
    }
    if (!external.name.starts_with("CONFIG_")) return zero(external, "is a setting that loaders do not know");
    if (!facts.settings) {
      return {.state = external.is_weak ? ExternState::set : ExternState::unknown,
              .message = "the kernel's configuration is not known"};
    }
    const auto found = facts.settings->find(external.name);
    if (found != facts.settings->end()) {
      return stored(store_setting(external, found->second, object_.order), found->second);
    }
    if (external.is_weak) return zero(external, "is not set");
    return {.state = ExternState::missing, .message = "is not set"};
  }

  static CoreExternResult zero(const CoreExtern& external, std::string message) {
    return {.state = ExternState::zero, .message = std::move(message), .content = std::string(external.size, '\0')};
  }

  /// Whether the kernel has the helper that libbpf tries.
  [[nodiscard]] std::optional<bool> has_cookie() const {
    return has_enumerator(*kernel_.base(), "bpf_func_id", "BPF_FUNC_get_attach_cookie");
  }

  /// Whether the kernel's system calls have the prefix that libbpf tries, with a kprobe.
  [[nodiscard]] std::optional<bool> has_wrapper() const {
    constexpr std::array prefixes{"__x64_sys_", "__arm64_sys_", "__s390x_sys_", "__riscv_sys_", "__ia32_sys_"};
    const auto has = [&](std::string_view prefix) {
      return kernel_.base()->names().find(fmt::format("{}bpf", prefix), Kind::func) != void_id;
    };
    if (std::ranges::any_of(prefixes, has)) {
      return kernel_.base()->names().find("register_kprobe", Kind::func) != void_id;
    }
    if (has("sys_")) return false;
    return std::nullopt;
  }

  [[nodiscard]] CoreExternResult function(const CoreExtern& external) const {
    const std::string_view name = essential_name(external.name);
    const std::optional<Found> found = find(name, Kind::func);
    if (!found) return missing(external, fmt::format("no function {} in {}", name, kernel_.searched()));
    const Btf& btf = *kernel_.parts()[found->part].btf;
    TypeComparison comparison(*object_.btf, btf);
    if (comparison.compatible(external.type, btf.type(found->id).target()) != TypeComparison::Answer::yes) {
      return {.state = external.is_weak ? ExternState::zero : ExternState::unfit,
              .message = fmt::format("has another prototype in {}: {}", kernel_.parts()[found->part].name,
                                     difference(comparison)),
              .part = found->part,
              .id = found->id};
    }
    CoreExternResult result{.state = ExternState::found, .part = found->part, .id = found->id};
    result.is_callable = is_callable(btf, found->id);
    if (!result.is_callable) result.message = "is not tagged as a function that programs may call";
    return result;
  }

  static std::string difference(const TypeComparison& comparison) {
    return comparison.difference().empty() ? "it is nested too deep to compare" : comparison.difference();
  }

  /// Whether programs may call a function of the kernel, as far as tags tell: BTF that has some has them for all.
  static bool is_callable(const Btf& btf, TypeId id) {
    bool any = false;
    for (const TypeId tag : btf.names().find("bpf_kfunc")) {
      const TypeView type = btf.type(tag);
      if (type.kind() != Kind::decl_tag) continue;
      if (type.target() == id) return true;
      any = true;
    }
    return !any;
  }

  [[nodiscard]] CoreExternResult variable(const CoreExtern& external) const {
    const std::optional<Found> found = find(external.name, Kind::var);
    if (!found) return missing(external, fmt::format("no variable {} in {}", external.name, kernel_.searched()));
    const Btf& btf = *kernel_.parts()[found->part].btf;
    TypeComparison comparison(*object_.btf, btf);
    const TypeId type = strip_names(btf, btf.type(found->id).target());
    if (comparison.compatible(external.type, type) != TypeComparison::Answer::yes) {
      return {.state = ExternState::unfit,
              .message =
                  fmt::format("has another type in {}: {}", kernel_.parts()[found->part].name, difference(comparison)),
              .part = found->part,
              .id = found->id};
    }
    // Kernels without CONFIG_KALLSYMS_ALL know the addresses of functions alone.
    if (const auto& symbols = kernel_.facts().symbols; symbols && !symbols->contains(external.name)) {
      return {.state = ExternState::unfit,
              .message = "the kernel has no symbol for it, and so cannot give its address",
              .part = found->part,
              .id = found->id};
    }
    return {.state = ExternState::found, .part = found->part, .id = found->id};
  }

  [[nodiscard]] CoreExternResult symbol(const CoreExtern& external) const {
    if (const auto& symbols = kernel_.facts().symbols) {
      const auto found = symbols->find(external.name);
      if (found == symbols->end()) return missing(external, "the kernel has no such symbol");
      if (found->second > 1) {
        return {.state = ExternState::unfit,
                .message = fmt::format("the kernel has {} symbols of that name", found->second)};
      }
      return {.state = ExternState::found};
    }
    for (const Kind kind : {Kind::func, Kind::var}) {
      if (const std::optional<Found> found = find(external.name, kind)) {
        return {.state = ExternState::found, .part = found->part, .id = found->id};
      }
    }
    return {.state = external.is_weak ? ExternState::set : ExternState::unknown,
            .message = "the kernel's symbols are not known"};
  }

  const CoreObject& object_;
  const CoreKernel& kernel_;
};

/// The functions of the kernel that a program may end with.
bool ends_program(const CoreExtern& external) {
  return external.kind == CoreExternKind::function && essential_name(external.name) == "bpf_throw";
}

}  // namespace

std::vector<CoreExternResult> resolve_core_externs(const CoreObject& object, const CoreKernel& kernel) {
  const ExternResolver resolver(object, kernel);
  std::vector<CoreExternResult> results;
  for (const CoreExtern& external : object.externs) results.push_back(resolver.run(external));
  return results;
}

std::vector<BpfExternValue> extern_values(const CoreObject& object, const std::vector<CoreExternResult>& results) {
  using Value = BpfExternValue::Kind;
  std::vector<BpfExternValue> values = unknown_extern_values(object);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const CoreExternResult& result = results[i];
    if (object.externs[i].kind == CoreExternKind::setting) {
      if (!result.content) continue;
      values[i].kind = Value::content;
      values[i].content = *result.content;
    } else if (result.state == ExternState::zero) {
      values[i].kind = Value::null;
    } else if (result.state == ExternState::found) {
      // Whether a variable is at 0 no verifier asks itself.
      values[i].kind = object.externs[i].kind == CoreExternKind::variable ? Value::outside : Value::address;
    }
  }
  return values;
}

std::vector<BpfExternValue> unknown_extern_values(const CoreObject& object) {
  std::vector<BpfExternValue> values;
  for (const CoreExtern& external : object.externs) values.push_back({.ends = ends_program(external)});
  return values;
}

}  // namespace btfx
