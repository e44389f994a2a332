#include "transform/co_re/settings.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "btf/bpf_object.h"
#include "btf/builder.h"
#include "catch.h"
#include "transform/co_re/externs.h"

namespace btfx {
namespace {

CoreExtern setting(SettingForm form, std::uint32_t size, bool is_signed = false) {
  return {.name = "CONFIG_X", .kind = CoreExternKind::setting, .form = form, .size = size, .is_signed = is_signed};
}

/// The bytes in hexadecimal, or what is wrong.
std::string text_of(const StoredSetting& stored) {
  if (!stored.error.empty()) return stored.error;
  std::string text;
  for (const char c : stored.bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string stored(const CoreExtern& external, std::string_view value, ByteOrder order = ByteOrder::little) {
  return text_of(store_setting(external, value, order));
}

}  // namespace

TEST_CASE("A configuration has the settings that were asked for, each once") {
  const KernelSettings settings =
      parse_settings("# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C=250\nCONFIG_B=n\nCONFIG_D=\"a=b\"\nCONFIG_E=m",
                     {"CONFIG_A", "CONFIG_B", "CONFIG_D", "CONFIG_E"});
  CHECK(settings == KernelSettings{{"CONFIG_B", "y"}, {"CONFIG_D", "\"a=b\""}, {"CONFIG_E", "m"}});
  CHECK(parse_settings("", {"CONFIG_A"}).empty());
  CHECK(parse_settings("\n\n=\nCONFIG_A", {"CONFIG_A", ""}).empty());
}

TEST_CASE("Versions: of a configuration, of banners, and as numbers") {
  CHECK(settings_version("#\n# Automatically generated\n# Linux/x86 6.1.176 Kernel Configuration\n#\n") == 0x0601b0);
  CHECK(settings_version("CONFIG_A=y\n") == 0);
  CHECK(packed_version(4, 19, 300) == 0x0413ff);
  CHECK(version_at("6.12.115+deb12-amd64") == 0x060c73);
  CHECK(version_at("6.12") == 0);
  CHECK(version_at("6.12.") == 0);
  CHECK(version_at("a.b.c") == 0);
  CHECK(version_at("99999.1.1") == 0);
  CHECK(banner_version("Linux version 6.1.0-55-amd64 (d@d) (gcc) #1 SMP Debian 6.1.176-1 (2026-01-01)") == 0x0601b0);
  CHECK(banner_version("Linux version 6.18.44-vm (a@b) (gcc) #1 SMP") == 0x06122c);
  CHECK(banner_version("Linux version 5.15.0-91-generic (a@b) (gcc) #101-Ubuntu SMP") == 0);
  CHECK(banner_version("") == 0);
}

TEST_CASE("Letters are stored by what the extern is") {
  CHECK(stored(setting(SettingForm::boolean, 1), "y") == "01");
  CHECK(stored(setting(SettingForm::boolean, 1), "n") == "00");
  CHECK(stored(setting(SettingForm::boolean, 1), "m") == "is set to m, which a bool cannot hold");
  CHECK(stored(setting(SettingForm::tristate, 4), "y") == "01000000");
  CHECK(stored(setting(SettingForm::tristate, 4), "m", ByteOrder::big) == "00000002");
  CHECK(stored(setting(SettingForm::character, 1), "m") == "6d");
  CHECK(stored(setting(SettingForm::integer, 4), "y") == "is set to y, which an integer cannot hold");
  CHECK(stored(setting(SettingForm::text, 4), "y") == "is set to y, which an array of char cannot hold");
}

TEST_CASE("Numbers are stored if they fit, in either order") {
  CHECK(stored(setting(SettingForm::integer, 4), "250") == "fa000000");
  CHECK(stored(setting(SettingForm::integer, 4), "250", ByteOrder::big) == "000000fa");
  CHECK(stored(setting(SettingForm::integer, 2), "0x1234") == "3412");
  CHECK(stored(setting(SettingForm::integer, 8), "0xffffffff81000000", ByteOrder::big) == "ffffffff81000000");
  CHECK(stored(setting(SettingForm::integer, 2), "65536") == "is 65536, which does not fit in 2 bytes");
  CHECK(stored(setting(SettingForm::integer, 2, true), "-1") == "ffff");
  CHECK(stored(setting(SettingForm::integer, 2, true), "32768") == "is 32768, which does not fit in 2 bytes");
  CHECK(stored(setting(SettingForm::integer, 4), "12x") == "is set to '12x', which is not a number");
  CHECK(stored(setting(SettingForm::boolean, 1), "1") == "is set to 1, which a bool cannot hold");
  CHECK(stored(setting(SettingForm::integer, 4), "") == "has no value in the configuration");
  CHECK(text_of(store_number(setting(SettingForm::boolean, 1), 1, ByteOrder::little)) == "01");
  CHECK(text_of(store_number(setting(SettingForm::boolean, 1), 2, ByteOrder::little)) ==
        "is 2, which a bool cannot hold");
  CHECK(text_of(store_number(setting(SettingForm::text, 4), 2, ByteOrder::little)) ==
        "is 2, which an array of char cannot hold");
}

TEST_CASE("Texts lose their quotes, and what is too long") {
  CHECK(stored(setting(SettingForm::text, 4), "\"ab\"") == "61620000");
  CHECK(stored(setting(SettingForm::text, 4), "\"abcdef\"") == "61626300");
  CHECK(stored(setting(SettingForm::text, 4), "\"\"") == "00000000");
  CHECK(stored(setting(SettingForm::text, 4), "\"ab") == "is set to a text without an end");
  CHECK(stored(setting(SettingForm::integer, 4), "\"ab\"") == "is set to a text, which an integer cannot hold");
}

namespace {

/// An object with one extern, whose VAR or FUNC is in a section. `make` adds its type.
template <typename MakeType>
BpfObject with_extern(const std::string& name, const std::string& section, bool is_weak, MakeType&& make,
                      Kind kind = Kind::var, ByteOrder order = ByteOrder::little) {
  BtfBuilder types;
  const TypeId type = make(types);
  const TypeId declaration =
      kind == Kind::var ? types.add(kind, name, raw(type), {2}) : types.add(kind, name, raw(type), {}, 2);
  BpfObject bpf{.name = "o", .btf = types.build(order), .order = order, .ext = {}, .programs = {}};
  bpf.externs.push_back({.name = name, .is_weak = is_weak, .id = declaration, .section = section});
  return bpf;
}

/// What a setting with that value of the configuration becomes: `found 01: y`; nothing for one that is not set.
std::string setting_becomes(const BpfObject& bpf, std::optional<std::string> value, std::uint32_t version = 0) {
  CoreObject object{.name = "o", .btf = bpf.btf, .order = bpf.order};
  object.externs = read_core_externs(bpf);
  BtfBuilder none;
  none.add_int("int", 4, 1);
  CoreKernel kernel("kernel", none.build());
  CoreFacts facts{.version = version, .settings = KernelSettings{}};
  if (value) facts.settings->emplace(object.externs[0].name, *value);
  kernel.set_facts(std::move(facts));
  const CoreExternResult result = resolve_core_externs(object, kernel).at(0);
  std::string text(to_string(result.state));
  if (result.content) text += " " + text_of(StoredSetting{.bytes = *result.content});
  if (!result.spelling.empty()) text += " (" + result.spelling + ")";
  if (!result.message.empty()) text += ": " + result.message;
  return text;
}

constexpr std::uint32_t signed_encoding = 1, bool_encoding = 4;

/// The same of an integer.
std::string number_becomes(std::uint32_t size, std::uint32_t encoding, std::optional<std::string> value,
                           bool is_weak = false, const std::string& name = "CONFIG_X",
                           ByteOrder order = ByteOrder::little, std::uint32_t version = 0) {
  return setting_becomes(with_extern(
                             name, ".kconfig", is_weak,
                             [&](BtfBuilder& types) { return types.add_int("t", size, encoding); }, Kind::var, order),
                         std::move(value), version);
}

std::string tristate_becomes(const std::string& value, std::string_view type, std::uint32_t size = 4) {
  return setting_becomes(
      with_extern("CONFIG_X", ".kconfig", false, [&](BtfBuilder& types) { return types.add(Kind::enum_, type, size); }),
      value);
}

std::string text_becomes(const std::string& value, std::uint32_t elements, std::uint32_t element_size = 1) {
  return setting_becomes(with_extern("CONFIG_X", ".kconfig", false,
                                     [&](BtfBuilder& types) {
                                       const TypeId element = types.add_int("char", element_size, signed_encoding);
                                       return types.add(Kind::array, {}, 0, {raw(element), raw(element), elements});
                                     }),
                         value);
}

}  // namespace

TEST_CASE("A setting is stored as its declaration says, if it fits") {
  CHECK(number_becomes(1, bool_encoding, "y") == "found 01 (y)");
  CHECK(number_becomes(1, bool_encoding, "m") == "unfit: is set to m, which a bool cannot hold");
  CHECK(number_becomes(1, bool_encoding, "1") == "unfit: is set to 1, which a bool cannot hold");
  CHECK(number_becomes(4, bool_encoding, "y") == "unfit: has the type t, which no setting has");
  CHECK(number_becomes(1, signed_encoding, "m") == "found 6d (m)");
  CHECK(number_becomes(1, signed_encoding, "-128") == "found 80 (-128)");
  CHECK(number_becomes(1, signed_encoding, "128") == "unfit: is 128, which does not fit in 1 byte");
  CHECK(number_becomes(1, 0, "255") == "found ff (255)");
  CHECK(number_becomes(1, 0, "256") == "unfit: is 256, which does not fit in 1 byte");
  CHECK(number_becomes(2, 0, "65535") == "found ffff (65535)");
  CHECK(number_becomes(2, 0, "0x10000") == "unfit: is 65536, which does not fit in 2 bytes");
  CHECK(number_becomes(4, signed_encoding, "2147483647") == "found ffffff7f (2147483647)");
  CHECK(number_becomes(4, signed_encoding, "2147483648") == "unfit: is 2147483648, which does not fit in 4 bytes");
  CHECK(number_becomes(4, 0, "4294967295") == "found ffffffff (4294967295)");
  CHECK(number_becomes(4, 0, "4294967296") == "unfit: is 4294967296, which does not fit in 4 bytes");
  CHECK(number_becomes(8, 0, "0xffffffffffffffff") == "found ffffffffffffffff (0xffffffffffffffff)");
  CHECK(number_becomes(8, 0, "0x10000000000000000") == "unfit: is set to '0x10000000000000000', which is not a number");
  CHECK(number_becomes(4, 0, "y") == "unfit: is set to y, which an integer cannot hold");
  CHECK(number_becomes(4, 0, "250", false, "CONFIG_X", ByteOrder::big) == "found 000000fa (250)");
  CHECK(number_becomes(16, 0, "1") == "unfit: has the type t, which no setting has");
  CHECK(tristate_becomes("m", "libbpf_tristate") == "found 02000000 (m)");
  CHECK(tristate_becomes("y", "libbpf_tristate") == "found 01000000 (y)");
  CHECK(tristate_becomes("n", "libbpf_tristate") == "found 00000000 (n)");
  CHECK(tristate_becomes("2", "libbpf_tristate") == "unfit: is set to 2, which an enum libbpf_tristate cannot hold");
  CHECK(tristate_becomes("y", "libbpf_tristate", 8) ==
        "unfit: has the type enum libbpf_tristate, which no setting has");
  CHECK(tristate_becomes("y", "other") == "unfit: has the type enum other, which no setting has");
  CHECK(text_becomes("\"abc\"", 4) == "found 61626300 (\"abc\")");
  CHECK(text_becomes("\"abcdef\"", 4) == "found 61626300 (\"abcdef\")");
  CHECK(text_becomes("\"abc", 4) == "unfit: is set to a text without an end");
  CHECK(text_becomes("y", 4) == "unfit: is set to y, which an array of char cannot hold");
  CHECK(text_becomes("\"a\"", 4, 2) == "unfit: has the type char[4], which no setting has");
  CHECK(text_becomes("\"a\"", 0) == "unfit: has the type char[0], which no setting has");
}

TEST_CASE("A setting that is not set is an error, or zero if it is weak; some are the loader's own") {
  CHECK(number_becomes(4, 0, std::nullopt) == "missing: is not set");
  CHECK(number_becomes(4, 0, std::nullopt, true) == "zero 00000000: is not set");
  CHECK(number_becomes(4, 0, std::nullopt, false, "LINUX_KERNEL_VERSION", ByteOrder::little, 0x060c73) ==
        "found 730c0600 (396403)");
  CHECK(number_becomes(2, 0, std::nullopt, false, "LINUX_KERNEL_VERSION", ByteOrder::little, 0x060c73) ==
        "unfit: is 396403, which does not fit in 2 bytes");
  CHECK(number_becomes(4, 0, std::nullopt, false, "LINUX_KERNEL_VERSION") == "set: the kernel's version is not known");
  CHECK(number_becomes(1, bool_encoding, std::nullopt, false, "LINUX_HAS_BPF_COOKIE") ==
        "set: the kernel's types do not tell");
  CHECK(number_becomes(4, 0, std::nullopt, false, "LINUX_NEW") == "unfit: is a setting that loaders do not know");
  CHECK(number_becomes(4, 0, std::nullopt, true, "LINUX_NEW") ==
        "zero 00000000: is a setting that loaders do not know");
  CHECK(number_becomes(4, 0, std::nullopt, true, "OTHER") == "unfit: is a setting that loaders do not know");
}

TEST_CASE("What an extern's declaration tells, and what is wrong with it whatever the kernel") {
  const auto prototype = [](BtfBuilder& types) { return types.add(Kind::func_proto, {}, 0); };
  const auto number = [](BtfBuilder& types) { return types.add_int("int", 4, signed_encoding); };
  const auto nothing = [](BtfBuilder&) { return void_id; };
  const auto only = [](const BpfObject& bpf) {
    const CoreExtern external = read_core_externs(bpf).at(0);
    return fmt::format("{}{}{}", to_string(external.kind), external.error.empty() ? "" : ": ", external.error);
  };
  CHECK(only(with_extern("f", ".ksyms", false, prototype, Kind::func)) == "function");
  CHECK(only(with_extern("v", ".ksyms", false, number)) == "variable");
  CHECK(only(with_extern("s", ".ksyms", false, nothing)) == "symbol");
  CHECK(only(with_extern("CONFIG_F", ".kconfig", false, prototype, Kind::func)) ==
        "setting: is a function, which no setting is");
  CHECK(only(with_extern("v", ".other", false, number)) == "symbol: is in the section .other");
  CHECK(only(with_extern("v", "", false, number)) == "symbol: is in no section of externs");
  BpfObject undeclared = with_extern("v", "", false, number);
  undeclared.externs[0].id = void_id;
  CHECK(only(undeclared) == "symbol: is declared nowhere in the object's BTF");
}

}  // namespace btfx
