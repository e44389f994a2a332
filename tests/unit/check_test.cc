#include "transform/check/check.h"

#include <cerrno>
#include <cstddef>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "support/elf_maker.h"
#include "transform/relocate/distill.h"

namespace btfx {
namespace {

using namespace test;

/// int, struct module of a size, struct device, a function; `before` comes first and moves all ids and strings.
BtfPtr kernel(std::string_view before = {}, std::uint32_t device_size = 4) {
  BtfBuilder b;
  if (!before.empty()) b.add(Kind::fwd, before, 0);
  const TypeId number = b.add_int("int", 4, 1);
  b.add_composite(Kind::struct_, "module", 64);
  b.add_composite(Kind::struct_, "device", device_size);
  b.add_member("x", number, 0);
  b.add(Kind::func, "kernel_function", raw(b.add(Kind::func_proto, {}, 0)), {}, 1);
  return b.build();
}

TypeId named(const BtfPtr& btf, std::string_view name, Kind kind) {
  return btf->names().find(name, kind);
}

/// A module's BTF: a struct that embeds a device, and a function.
Bytes module_btf(const BtfPtr& base) {
  BtfBuilder b(base);
  const TypeId own = b.add_composite(Kind::struct_, "own", 8);
  b.add_member("device", named(base, "device", Kind::struct_), 0);
  const TypeId pointer = b.add_ptr(own);
  const TypeId proto = b.add(Kind::func_proto, {}, raw(named(base, "int", Kind::int_)));
  b.add_param("own", pointer);
  b.add(Kind::func, "module_function", raw(proto));
  return b.finish(native_order, BtfHeader::old_length);
}

/// The files of ElfMaker are for BPF.
Bytes for_x86(const Bytes& elf) {
  return patched(elf, 18, {62, 0});
}

struct ModuleParts {
  Bytes btf;
  Bytes base = {};
  std::string release = "6.12.1";
  std::size_t module_size = 64;
};

Image module_image(const ModuleParts& parts) {
  ElfMaker elf;
  elf.add(".BTF", text_of(parts.btf));
  if (!parts.base.empty()) elf.add(".BTF.base", text_of(parts.base));
  elf.add(".modinfo", "vermagic=" + parts.release + std::string(" SMP\0", 5));
  const std::uint32_t module = elf.add(".gnu.linkonce.this_module", std::string(parts.module_size, '\0'));
  elf.add_symbols({{.name = "module_function", .section = module}});
  return unwrap(for_x86(elf.bytes()), "own.ko");
}

std::vector<std::string> codes(const CheckResult& result) {
  std::vector<std::string> codes;
  for (const Diagnostic& finding : result.findings) codes.emplace_back(finding.code.word());
  return codes;
}
using Codes = std::vector<std::string>;

TEST_CASE("check: a module on its own kernel") {
  const CheckBase base("vmlinux", kernel(), "6.12.1");
  const CheckResult result = check_module(module_image({module_btf(base.btf())}), base);
  CHECK(result.outcome == CheckOutcome::ok);
  CHECK(result.relation == Relation::split);
  CHECK(result.types == 4);
  CHECK(result.reason() == nullptr);
  CHECK(codes(result).empty());
}

TEST_CASE("check: a module on another kernel, with and without the origin") {
  const CheckBase origin("6.12.1", kernel(), "6.12.1"), base("6.12.2", kernel("something"), "6.12.2");
  const Image module = module_image({module_btf(origin.btf())});
  const CheckResult result = check_module(module, base);
  CHECK(result.outcome == CheckOutcome::mismatch);
  CHECK(result.certain);
  CHECK(result.kernel.ok());  // which would not notice
  CHECK(codes(result) == Codes{"foreign", "functions", "release"});
  REQUIRE(result.reason() != nullptr);
  CHECK(result.reason()->text.starts_with("built for 6.12.1, this base is 6.12.2: "));
  const CheckBase unnamed("base", kernel("something"), "");
  CHECK(check_module(module, unnamed).reason()->text.starts_with("built for another vmlinux: "));
  CHECK(result.findings.at(2).text == "its vermagic says 6.12.1, the base is of 6.12.2");

  const CheckResult with_origin = check_module(module, base, {.origin = &origin});
  CHECK(codes(with_origin) == Codes{"foreign", "functions", "release", "divergence", "origin"});
  CHECK(with_origin.findings.at(3).text == "here the base parts from 6.12.1: FWD something, there INT int");
  CHECK(with_origin.findings.at(3).place.type_id == 1);
  CHECK(with_origin.findings.at(4).text == "it fits 6.12.1; distilled, it would relocate");

  const CheckBase grown("6.12.3", kernel("something", 8), "6.12.3");
  CHECK(
      check_module(module, grown, {.origin = &origin}).findings.back().text ==
      "it fits 6.12.1; not even distilled would it relocate: STRUCT device: 4 bytes when the module was built, 8 bytes "
      "in the base, and member `device` of struct own holds it by value");
  const CheckBase elsewhere("other", kernel("entirely different"), "");
  CHECK(check_module(module, base, {.origin = &elsewhere}).findings.back().text == "it does not fit other either");
}

TEST_CASE("check: the vermagic alone decides nothing, the size of struct module does") {
  const CheckBase base("vmlinux", kernel(), "6.12.1");
  const Bytes btf = module_btf(base.btf());
  const CheckResult renamed = check_module(module_image({.btf = btf, .release = "6.12.9"}), base);
  CHECK(renamed.outcome == CheckOutcome::ok);
  CHECK(codes(renamed) == Codes{"release"});
  const CheckResult resized = check_module(module_image({.btf = btf, .module_size = 72}), base);
  CHECK(resized.outcome == CheckOutcome::mismatch);
  REQUIRE(resized.reason() != nullptr);
  CHECK(resized.reason()->text == "struct module has 72 bytes in the module, but 64 in the kernel");
}

TEST_CASE("check: what is broken by itself is invalid, not foreign") {
  const CheckBase base("vmlinux", kernel(), "6.12.1");
  const Bytes good = module_btf(base.btf());
  const CheckResult version = check_module(module_image({patched(good, 2, {9})}), base);
  CHECK(version.outcome == CheckOutcome::invalid);
  CHECK(version.kernel.error == error_not_supported);
  REQUIRE(version.reason() != nullptr);
  CHECK(version.reason()->code.word() == "kernel-version");
  CHECK(version.reason()->text == "the kernel refuses it with ENOTSUPP: Unsupported version");
  CHECK(check_module(module_image({good.slice(0, 20)}), base).outcome == CheckOutcome::invalid);
  // One name too far along among many.
  BtfBuilder many(base.btf());
  for (int i = 0; i < 40; ++i) many.add(Kind::fwd, "forward_" + std::to_string(i), 0);
  const Bytes blob = many.finish(native_order, BtfHeader::old_length);
  const Bytes damaged = patched_word(blob, 24, 0xfffff0);
  const CheckResult result = check_module(module_image({damaged}), base);
  CHECK(result.outcome == CheckOutcome::invalid);
  CHECK(codes(result) == Codes{"damaged", "kernel-name-offset"});
}

TEST_CASE("check: distilled modules relocate or not") {
  const BtfPtr origin = kernel();
  Distiller distiller;
  const Distilled distilled = distiller.run(*Btf::parse(module_btf(origin), origin));
  const Image module = module_image({.btf = distilled.split, .base = distilled.base});
  const CheckBase same("a", kernel("something"), "6.12.1"), grown("b", kernel("something", 8), "6.12.1");
  const CheckResult fits = check_module(module, same);
  CHECK(fits.outcome == CheckOutcome::ok);
  CHECK(fits.relation == Relation::distilled);
  CHECK(fits.relocates == true);
  const CheckResult does_not = check_module(module, grown);
  CHECK(does_not.outcome == CheckOutcome::unrelocatable);
  CHECK(does_not.relocates == false);
  CHECK(codes(does_not) == Codes{"member-size", "not-mapped"});
  CHECK(to_string(does_not.outcome) == "does not relocate");

  const CheckBase old("c", kernel("something"), "6.10.3");
  const CheckResult too_old = check_module(module, old);
  CHECK(too_old.outcome == CheckOutcome::mismatch);
  CHECK(codes(too_old).front() == "too-old");

  CHECK(too_old.findings.front().text == "this kernel does not know .BTF.base: what it says is of .BTF alone");

  // Sections that do not belong together.
  const BtfPtr other = kernel("another name of a type");
  const Distilled another = distiller.run(*Btf::parse(module_btf(other), other));
  BtfBuilder none;
  none.add_int("char", 1, 1);
  const Image mixed = module_image({.btf = another.split, .base = none.finish()});
  CHECK(check_module(mixed, same).outcome == CheckOutcome::invalid);
}

TEST_CASE("check: the other byte order, and BTF that continues nothing") {
  const CheckBase base("vmlinux", kernel(), "");
  const BtfPtr big = Btf::parse(serialise(*kernel(), ByteOrder::big));
  const CheckBase big_base("big", big, "");
  const Image module = module_image({module_btf(base.btf())});
  const CheckResult swapped = check_module(module, big_base);
  CHECK(swapped.outcome == CheckOutcome::mismatch);
  CHECK(codes(swapped) == Codes{"byte-order", "kernel-header-truncated"});
  CHECK(swapped.kernel.error == EINVAL);
  BtfBuilder root;
  for (int i = 0; i < 9; ++i) root.add(Kind::fwd, "forward_" + std::to_string(i), 0);
  const CheckResult standalone = check_module(module_image({root.finish()}), base);
  CHECK(standalone.outcome == CheckOutcome::mismatch);
  CHECK(codes(standalone) == Codes{"standalone", "kernel-name"});
  CHECK(standalone.reason()->text.starts_with(
      "built without a vmlinux: its BTF stands alone and continues no base; 7 of 9 names"));
  // Also where no base is at hand.
  const CheckResult alone = check_standalone(module_image({root.finish()}), {});
  CHECK(alone.outcome == CheckOutcome::mismatch);
  CHECK(codes(alone) == Codes{"standalone"});
  CHECK(alone.reason()->text ==
        "built without a vmlinux: its BTF stands alone, and kernels read that of modules as what continues their own");
}

TEST_CASE("check: what stands alone is judged by the strictest rules") {
  const auto image = [](const BtfBuilder& b) { return unwrap(b.finish(native_order, BtfHeader::old_length), "x.btf"); };
  CHECK(check_standalone(image(small_base()), {}).outcome == CheckOutcome::ok);
  BtfBuilder loop;
  loop.add(Kind::const_, {}, 2);
  loop.add(Kind::const_, {}, 1);
  const CheckResult result = check_standalone(image(loop), {});
  CHECK(result.outcome == CheckOutcome::invalid);
  CHECK(codes(result) == Codes{"kernel-resolve-loop"});
  CHECK(result.findings[0].text == "the kernel refuses it with EEXIST: [1] CONST (anon) type_id=2 Loop detected");
  BtfBuilder outside;
  outside.add_ptr(TypeId{7});
  CHECK(codes(check_standalone(image(outside), {})) == Codes{"kernel-target", "unreadable"});

  BtfBuilder overlap;
  overlap.add_int("int", 4, 1);
  overlap.add(Kind::var, "one", 1, {1});
  overlap.add(Kind::var, "two", 1, {1});
  overlap.add(Kind::datasec, ".data", 8);
  overlap.add_entry(TypeId{2}, 0, 4);
  overlap.add_entry(TypeId{3}, 2, 4);
  CHECK(check_standalone(image(overlap), {}).findings.at(0).text ==
        "the kernel refuses it with EINVAL: type_id=3 offset=2 size=4 Invalid offset (in section .data variable two at "
        "2 overlaps one, which ends at 4)");

  BtfBuilder special;  // the kernel logs nothing about these
  const TypeId lock = special.add_composite(Kind::struct_, "bpf_spin_lock", 4);
  const TypeId pointer = special.add_ptr(special.add(Kind::type_tag, "kptr", raw(lock)));
  special.add_composite(Kind::struct_, "s", 16);
  special.add_member("pointer", pointer, 0);
  CHECK(codes(check_standalone(image(special), {})) == Codes{"kernel-special-fields"});
  CHECK(check_standalone(image(special), {}).outcome == CheckOutcome::ok);
  special.add_member("lock", lock, 64);
  special.add_member("again", lock, 96);
  CHECK(check_standalone(image(special), {}).findings.front().text ==
        "the kernel refuses it with E2BIG: a struct has two locks of the same kind");
}

TEST_CASE("check: of a distilled module all must hold together, whether or not the kernel looks") {
  const BtfPtr origin = kernel();
  const CheckBase base("vmlinux", origin, "6.12.1");
  const auto check_parts = [&](const Bytes& small, const Bytes& split) {
    return check_module(module_image({.btf = split, .base = small}), base);
  };
  BtfBuilder small;
  small.add_int("int", 4, 1);
  const BtfPtr small_btf = small.build();
  BtfBuilder own(small_btf);
  own.add_composite(Kind::struct_, "own", 2);  // its member does not fit
  own.add_member("x", TypeId{1}, 0);
  const CheckResult overlong = check_parts(small.finish(), own.finish());
  CHECK(overlong.outcome == CheckOutcome::invalid);
  CHECK(overlong.kernel.ok());
  CHECK(codes(overlong) == Codes{"incoherent"});
  CHECK(overlong.findings[0].text ==
        "kernels let it pass, but it does not hold together: [2] STRUCT own size=2 vlen=1\n"
        "\tx type_id=1 bits_offset=0 Member exceeds struct_size");
  BtfBuilder loop(small_btf);
  loop.add_composite(Kind::struct_, "own", 4);
  loop.add_member("x", TypeId{2}, 0);
  CHECK(codes(check_parts(small.finish(), loop.finish())) == Codes{"incoherent"});

  // What has no place in a distilled base.
  BtfBuilder pointer;
  pointer.add_int("int", 4, 1);
  pointer.add_ptr(TypeId{1});
  BtfBuilder user(pointer.build());
  user.add(Kind::typedef_, "t", 2);
  const CheckResult unexpected = check_parts(pointer.finish(), user.finish());
  CHECK(unexpected.outcome == CheckOutcome::invalid);
  CHECK(unexpected.kernel.error == EINVAL);
  CHECK(codes(unexpected) == Codes{"not-distilled"});
  CHECK(unexpected.findings[0].text ==
        "the kernel refuses it with EINVAL: type [2] in distilled based BTF has unexpected kind [2]");
  BtfBuilder nameless;
  nameless.add_composite(Kind::struct_, {}, 4);
  BtfBuilder of_nameless(nameless.build());
  of_nameless.add(Kind::typedef_, "t", 1);
  CHECK(check_parts(nameless.finish(), of_nameless.finish()).findings[0].text ==
        "the kernel refuses it with EINVAL: type [1], kind [4] is invalid for distilled base BTF; it is anonymous");
  const BtfPtr empty = BtfBuilder().build();
  BtfBuilder alone(empty);
  alone.add_int("own_int", 4, 1);
  CHECK(codes(check_parts(empty->blob(), alone.finish())) == Codes{"empty-base"});
  // A name in the middle of another, which is in range.
  const CheckResult cut = check_parts(patched_word(small.finish(), 32, 2), own.finish());
  CHECK(cut.outcome == CheckOutcome::invalid);
  CHECK(codes(cut) == Codes{"incoherent"});
}

TEST_CASE("check: a section that is stored compressed is for the kernel what is stored") {
  const CheckBase base("vmlinux", kernel(), "6.12.1");
  constexpr std::uint64_t compressed = 0x800;
  ElfMaker elf;
  elf.add({.name = ".BTF", .content = std::string("\1\0\0\0\0\0\0\0", 8) + std::string(60, 'x'), .flags = compressed});
  const CheckResult result = check_module(unwrap(for_x86(elf.bytes()), "own.ko"), base);
  CHECK(result.outcome == CheckOutcome::invalid);
  CHECK(result.kernel.error == EINVAL);
  CHECK(codes(result) == Codes{"compressed", "kernel-magic"});
  CHECK(result.findings[0].text == "section .BTF is stored compressed, and kernels do not unpack sections");
}

TEST_CASE("check: a layout section by the rules of the kernel that is known, or of one that knows it") {
  const auto laid_out = [](const BtfPtr& base) {
    BtfBuilder b(base);
    b.add(Kind::typedef_, "t", 1);
    static constexpr std::byte entries[80] = {};
    return assemble_btf(b.words(), b.strings().bytes(), native_order, BtfHeader::layout_header_length,
                        {entries, native_order});
  };
  const BtfPtr plain = kernel();
  CHECK(check_module(module_image({laid_out(plain)}), CheckBase("a", plain, "6.18.15")).kernel.error == E2BIG);
  CHECK(check_module(module_image({laid_out(plain)}), CheckBase("b", plain, "7.2.13")).outcome == CheckOutcome::ok);
  CHECK(check_module(module_image({laid_out(plain)}), CheckBase("c", plain, "")).outcome == CheckOutcome::ok);
  BtfBuilder own;
  own.add_composite(Kind::struct_, "btf_header", 24);
  own.add_int("int", 4, 1);
  const BtfPtr told = own.build();
  CHECK(check_module(module_image({laid_out(told)}), CheckBase("d", told, "7.2.13")).kernel.error == E2BIG);
}

TEST_CASE("check: bloat is a warning from its threshold on") {
  const CheckBase base("vmlinux", kernel(), "6.12.1");
  BtfBuilder b(base.btf());
  b.add_composite(Kind::struct_, "device", 4);
  b.add_member("x", named(base.btf(), "int", Kind::int_), 0);
  const Image module = module_image({b.finish(native_order, BtfHeader::old_length)});
  CHECK_FALSE(check_module(module, base).bloat);
  const CheckResult found = check_module(module, base, {.bloat = true, .bloat_threshold = 33});
  CHECK(found.outcome == CheckOutcome::ok);
  CHECK(codes(found) == Codes{"bloat"});
  CHECK(found.findings[0].text ==
        "1 of 1 types are repeated and cost 33 bytes, which `btfx dedup` drops; most of them: the base has the same "
        "STRUCT device");
  CHECK(found.bloat->types == 1);
  CHECK(found.bloat->bytes == 33);  // the record, and the strings device and x
  CHECK(codes(check_module(module, base, {.bloat = true, .bloat_threshold = 34})).empty());
}

}  // namespace
}  // namespace btfx
