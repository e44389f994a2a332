#include "transform/co_re/settings.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "catch.h"

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

}  // namespace btfx
