// The command, run without a process on small objects of both classes and byte orders.
#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "cmd/cli/parser.h"
#include "image/elf.h"
#include "support/btf_samples.h"
#include "support/elf_maker.h"
#include "support/ids_object.h"
#include "support/temp_dir.h"
#include "transform/edit/sort.h"

namespace btfx {
namespace {

using test::IdsObject;
using test::read_file;
using test::sample_ids_object;
using test::TempDir;
using test::words_of;
using test::write_file;
using Words = std::vector<std::uint32_t>;

/// What a command line gave.
struct Result {
  Status status = Status::trouble;
  std::string out, err;
};

/// Runs `btfx resolve-ids`; an Error becomes its message, as in main.
Result run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "resolve-ids");
  StringOutput out, err;
  Messages messages(err);
  Result result;
  try {
    const Invocation invocation = parse_command_line(arguments, all_commands());
    messages.set({.verbosity = invocation.global.verbosity});
    result.status = invocation.run({.global = invocation.global, .out = out, .messages = messages});
  } catch (const Error& error) {
    messages.error(error);
  }
  result.out = out.text();
  result.err = err.text();
  return result;
}

/// An object in a directory of its own.
struct File {
  explicit File(const IdsObject& object) : content(object.make()) { write_file(path, content); }
  [[nodiscard]] bool is_untouched() const { return read_file(path) == content; }
  /// Whether there is nothing beside it.
  [[nodiscard]] bool is_alone() const {
    return std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1;
  }
  [[nodiscard]] std::string section(std::string_view name) const {
    const ElfFile elf = ElfFile::parse(Bytes::copy_of(read_file(path)));
    const ElfSection* found = elf.find(name);
    return found == nullptr ? "none" : test::text_of(elf.contents(*found));
  }

  TempDir dir;
  std::string path = dir / "object.o";
  std::string content;
};

IdsObject with_btf(bool is_64, ByteOrder order) {
  IdsObject object = sample_ids_object(is_64, order);
  object.btf = test::ids_types().finish(order, BtfHeader::old_length);
  object.symbols[1].name = "union__u__1";  // as no second type has
  object.symbols[5].name = "typedef__t__4";
  return object;
}

TEST_CASE("resolve-ids writes sidecars: sorted types, ids by their new numbers, the file untouched") {
  const bool is_64 = GENERATE(true, false);
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  const File file(with_btf(is_64, order));
  const Result result = run({file.path});
  CHECK(result.status == Status::yes);
  CHECK(result.out.empty());
  CHECK(result.err.empty());
  CHECK(file.is_untouched());
  CHECK_FALSE(std::filesystem::exists(file.path + ".BTF.base"));
  // By name: the prototype, three tags, fa, fb, fc, int, s, s, t, u.
  CHECK(words_of(Bytes::copy_of(read_file(file.path + ".BTF_ids")), order) ==
        Words{12, 11, 2, 11, 12, 3, 1, 5, 9, 6, 8, 7, 7});
  const BtfPtr before = test::ids_types().build();
  CHECK(read_file(file.path + ".BTF") == test::text_of(sort_types(*before, order, 24).btf));
}

TEST_CASE("resolve-ids --no-sort leaves the types as they are") {
  const File file(with_btf(true, ByteOrder::big));
  CHECK(run({file.path, "--no-sort"}).status == Status::yes);
  CHECK(read_file(file.path + ".BTF") == file.section(".BTF"));
  CHECK(words_of(Bytes::copy_of(read_file(file.path + ".BTF_ids")), ByteOrder::big) ==
        Words{7, 8, 2, 7, 8, 3, 1, 3, 7, 4, 8, 5, 9});
}

TEST_CASE("resolve-ids --in-place --no-sort changes the bytes of the section and no others") {
  const bool is_64 = GENERATE(true, false);
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  const File file(with_btf(is_64, order));
  CHECK(run({file.path, "--in-place", "--no-sort"}).status == Status::yes);
  CHECK(file.is_alone());
  const std::string changed = read_file(file.path);
  const ElfFile elf = ElfFile::parse(Bytes::copy_of(file.content));
  const ElfSection section = *elf.find(".BTF_ids");
  REQUIRE(changed.size() == file.content.size());
  CHECK(changed.substr(0, section.offset) == file.content.substr(0, section.offset));
  CHECK(changed.substr(section.offset + section.size) == file.content.substr(section.offset + section.size));
  CHECK(words_of(Bytes::copy_of(changed.substr(section.offset, section.size)), order) ==
        Words{7, 8, 2, 7, 8, 3, 1, 3, 7, 4, 8, 5, 9});
}

TEST_CASE("resolve-ids --in-place puts the sorted types in, too") {
  const File one(with_btf(true, ByteOrder::little)), other(with_btf(true, ByteOrder::little));
  CHECK(run({one.path, "--in-place"}).status == Status::yes);
  CHECK(run({other.path}).status == Status::yes);
  CHECK(one.section(".BTF") == read_file(other.path + ".BTF"));
  CHECK(one.section(".BTF_ids") == read_file(other.path + ".BTF_ids"));
  // What --patch does with the sidecar is the same but for the types.
  CHECK(run({"--patch", other.path + ".BTF_ids", other.path}).status == Status::yes);
  CHECK(other.section(".BTF_ids") == one.section(".BTF_ids"));
  CHECK(other.section(".BTF") == test::text_of(with_btf(true, ByteOrder::little).btf));
}

TEST_CASE("resolve-ids refuses a second time, explains, and leaves the file as it is") {
  const File file(with_btf(true, ByteOrder::little));
  REQUIRE(run({file.path, "--in-place", "--no-sort"}).status == Status::yes);
  const std::string resolved = read_file(file.path);
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--in-place"}, {"--in-place", "--no-sort"}}) {
    std::vector<std::string> arguments = options;
    arguments.push_back(file.path);
    const Result result = run(arguments);
    CHECK(result.status == Status::trouble);
    CHECK(
        result.err ==
        "btfx: error: " + file.path +
            ": .BTF_ids: offset 0x14: symbol __BTF_ID__set8__kfuncs: the set has been resolved before: its 3 ids were "
            "sorted then, and their flags with them, while symbols still tell the places of compilation; resolving "
            "it again would give func fa the flags KF_ACQUIRE|KF_RELEASE|KF_RET_NULL instead of its own, "
            "KF_ACQUIRE|KF_KPTR_GET, which are those of fc; resolve the file as it was compiled, or use --force\n");
    CHECK(read_file(file.path) == resolved);
    CHECK(file.is_alone());
  }
  const Result forced = run({file.path, "--in-place", "--no-sort", "--force"});
  CHECK(forced.status == Status::yes);
  CHECK(forced.err.starts_with("btfx: warning: "));
  CHECK(words_of(Bytes::copy_of(file.section(".BTF_ids")))[8] == 9);  // of fc now, and fa's before
}

TEST_CASE("resolve-ids gives types no new numbers beside ids that no symbols explain") {
  IdsObject object = with_btf(true, ByteOrder::little);
  object.words = {7, 8, 2, 7, 8, 3, 1, 3, 7, 4, 8, 5, 9};  // as resolved
  std::string told = ": .BTF_ids: no symbols tell which of its 13 words are ids, and those would be of other types ";
  SECTION("stripped of all symbols") {
    object.has_symbols = false;
  }
  SECTION("stripped of local symbols") {
    object.symbols = {{"=other", 0}};
  }
  const File file(object);
  for (const std::vector<std::string>& options : {std::vector<std::string>{"--force"}, {"--force", "--in-place"}}) {
    std::vector<std::string> arguments = options;
    arguments.push_back(file.path);
    const Result result = run(arguments);
    CHECK(result.status == Status::trouble);
    CHECK(result.err == "btfx: error: " + file.path + told + "once the types are sorted: use --no-sort\n");
    CHECK(file.is_untouched());
    CHECK(file.is_alone());
  }
  const Result kept = run({file.path, "--force", "--no-sort"});
  CHECK(kept.status == Status::yes);
  CHECK(kept.err == "btfx: warning: " + file.path +
                        ": .BTF_ids: its 13 words stay as they are, because no symbols tell which of them are ids\n");
  CHECK(read_file(file.path + ".BTF") == test::text_of(object.btf));
  CHECK(run({file.path, "--force", "--no-sort", "--in-place"}).status == Status::yes);
  CHECK(file.is_untouched());
}

TEST_CASE("resolve-ids sorts types beside a section as it was compiled, though its symbols are gone") {
  IdsObject object = with_btf(true, ByteOrder::little);
  object.has_symbols = false;
  const File file(object);
  CHECK(run({file.path, "--force"}).status == Status::yes);
  CHECK(read_file(file.path + ".BTF") != test::text_of(object.btf));
  CHECK_FALSE(std::filesystem::exists(file.path + ".BTF_ids"));
}

TEST_CASE("resolve-ids --fatal-warnings writes nothing when there is one") {
  IdsObject object = with_btf(true, ByteOrder::little);
  object.symbols[1].name = "struct__none__1";
  const File file(object);
  const std::string spelling = GENERATE("--fatal-warnings", "--fatal_warnings");
  const Result fatal = run({spelling, file.path});
  CHECK(fatal.status == Status::no);
  CHECK(fatal.err == "btfx: warning: " + file.path +
                         ": .BTF_ids: offset 0x0: symbol __BTF_ID__struct__none__1: there is no STRUCT none\n"
                         "btfx: error: " +
                         file.path + ": nothing was written, because of --fatal-warnings\n");
  CHECK(file.is_untouched());
  CHECK(file.is_alone());
  CHECK(run({spelling, "--in-place", file.path}).status == Status::no);
  CHECK(file.is_untouched());
  CHECK(run({file.path}).status == Status::yes);
  CHECK(File(with_btf(true, ByteOrder::little)).is_untouched());
  const File good(with_btf(true, ByteOrder::little));
  CHECK(run({spelling, good.path}).status == Status::yes);
}

TEST_CASE("resolve-ids: bad input is an error with a place, and the file is as it was") {
  const bool is_64 = GENERATE(true, false);
  const auto order = GENERATE(ByteOrder::little, ByteOrder::big);
  IdsObject object = with_btf(is_64, order);
  std::string message, long_name;
  SECTION("a symbol outside the section") {
    object.symbols[9].offset = 52;
    message = ".BTF_ids: offset 0x34: symbol __BTF_ID__func__fc__7 stands outside the 52 bytes of the section";
  }
  SECTION("a set that is too long") {
    object.symbols[6].size = 40;
    message =
        ".BTF_ids: offset 0x14: symbol __BTF_ID__set8__kfuncs has 40 bytes, and so its set ends outside the section";
  }
  SECTION("a set that is too short") {
    object.symbols[6].size = 4;
    message =
        ".BTF_ids: offset 0x14: symbol __BTF_ID__set8__kfuncs has 4 bytes, which is less than the count of a set needs";
  }
  SECTION("an id on flags") {
    object.symbols[9].offset = 48;
    message =
        ".BTF_ids: offset 0x30: symbol __BTF_ID__func__fc__7 stands where set kfuncs has its count or flags, not an id";
  }
  SECTION("a kind that is none") {
    object.symbols[9].name = "enum__e__1";
    message = ".BTF_ids: offset 0x2c: symbol __BTF_ID__enum__e__1 is of no known kind";
  }
  SECTION("two sets of one name") {
    object.symbols[3].name = "set__kfuncs";
    message =
        ".BTF_ids: offset 0x14: symbol __BTF_ID__set8__kfuncs begins a second set with the name kfuncs; the first is "
        "at 0x8";
  }
  SECTION("no symbol table") {
    object.has_symbols = false;
    message =
        ".BTF_ids: has 52 bytes, but the file has no symbol table that tells what they are: it was stripped; with "
        "--force they stay as they are";
  }
  SECTION("a symbol table without the symbols") {
    object.words[3] = 6;
    object.symbols.clear();
    message =
        ".BTF_ids: has 52 bytes, but the file has no symbol that tells what they are: it was stripped; with --force "
        "they "
        "stay as they are";
  }
  SECTION("a symbol that is too long") {
    long_name = "struct__" + std::string(1004, 'x') + "__1";
    object.symbols[1].name = long_name;
    message = ".BTF_ids: symbol __BTF_ID__struct__" + std::string(46, 'x') +
              "... has 1025 bytes, more than the 1024 that one may have";
  }
  SECTION("an odd length") {
    object.after = "xy";
    message = ".BTF_ids: offset 0x34: has 54 bytes, which is not a whole number of 4-byte words";
  }
  SECTION("no BTF") {
    object.btf = {};
    message = "has no section .BTF";
  }
  const File file(object);
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--in-place"}, {"--in-place", "--no-sort"}}) {
    std::vector<std::string> arguments = options;
    arguments.push_back(file.path);
    const Result result = run(arguments);
    CHECK(result.status == Status::trouble);
    CHECK(result.err == "btfx: error: " + file.path + ": " + message + "\n");
    CHECK(file.is_untouched());
    CHECK(file.is_alone());
  }
}

TEST_CASE("resolve-ids takes its BTF from elsewhere, and its base by the kernel's spelling") {
  IdsObject object{.words = {0, 0}, .symbols = {{"struct__base_type__1", 0}, {"func__split_func__2", 4}}};
  const BtfPtr base = test::small_base().build();
  const std::string split = test::text_of(test::small_split(base).finish());
  const File file(object);
  write_file(file.dir / "base.btf", as_text(base->blob().view()));
  write_file(file.dir / "split.btf", split);
  CHECK(run({"--btf", file.dir / "split.btf", file.path}).err ==
        "btfx: error: " + (file.dir / "split.btf") + ": is split BTF, and its base was not found: name it with -B\n");
  CHECK(run({"--btf", file.dir / "split.btf", "-b=base.btf", file.path}).err ==
        "btfx: error: =base.btf: cannot open: No such file or directory\n");  // a short option takes it without a sign
  for (const std::string spelling : {"-B", "-b", "--base-btf", "--btf_base"}) {
    CHECK(run({"--btf", file.dir / "split.btf", spelling, file.dir / "base.btf", "--no-sort", file.path}).status ==
          Status::yes);
    CHECK(words_of(Bytes::copy_of(read_file(file.path + ".BTF_ids"))) == Words{2, 8});
    CHECK(read_file(file.path + ".BTF") == split);
    std::filesystem::remove(file.path + ".BTF_ids");
  }
  CHECK(run({"-B", "a", "-b", "b", file.path}).err == "btfx: error: takes one base\n");
}

TEST_CASE("resolve-ids distills, and resolves against what is left") {
  const BtfPtr base = test::small_base().build();
  IdsObject object{.words = {0, 0}, .symbols = {{"struct__base_type__1", 0}, {"func__split_func__2", 4}}};
  object.btf = test::small_split(base).finish();
  const File file(object);
  write_file(file.dir / "base.btf", as_text(base->blob().view()));
  const std::string spelling = GENERATE("--distill-base", "--distill_base");
  const Result result = run({"-b", file.dir / "base.btf", spelling, file.path});
  CHECK(result.status == Status::yes);
  CHECK(result.err == "btfx: warning: " + file.path +
                          ": .BTF_ids: kernels do not relocate the 2 ids of a list when they load a module with a "
                          "distilled base, unless it registers them as destructors\n");
  const BtfPtr own_base = Btf::parse(Bytes::copy_of(read_file(file.path + ".BTF.base")));
  const BtfPtr own = Btf::parse(Bytes::copy_of(read_file(file.path + ".BTF")), own_base);
  const Words words = words_of(Bytes::copy_of(read_file(file.path + ".BTF_ids")));
  CHECK(own->type(TypeId{words[0]}).name() == "base_type");
  CHECK(TypeId{words[0]} < own->first_id());
  CHECK(own->type(TypeId{words[1]}).name() == "split_func");

  // Without distilling there is nothing to write over an old .BTF.base, which would be put in with the rest.
  CHECK(run({"-b", file.dir / "base.btf", file.path}).err ==
        "btfx: warning: " + file.path +
            ".BTF.base: is left from another run, and does not belong to what was written now\n");
  CHECK(read_file(file.path + ".BTF.base") == as_text(own_base->blob().view()));

  // What has a .BTF.base continues that, whatever -B says.
  object.btf = own->blob();
  object.base = own_base->blob();
  const File again(object);
  const Result second = run({"-B", file.dir / "base.btf", "--fatal-warnings", again.path});
  CHECK(second.status == Status::yes);
  CHECK(second.err.starts_with("btfx: warning: " + again.path +
                               ": -B is ignored, because the BTF continues the .BTF.base beside it\n"));
  CHECK(words_of(Bytes::copy_of(read_file(again.path + ".BTF_ids"))) == words);
  CHECK_FALSE(std::filesystem::exists(again.path + ".BTF.base"));
}

TEST_CASE("resolve-ids splits implicit arguments off, but not where .BTF stays as it is") {
  BtfBuilder types = test::ids_types();
  const TypeId aux = types.add_composite(Kind::struct_, "bpf_prog_aux", 4);
  const TypeId ptr = types.add_ptr(aux);
  types.record(TypeId{2})[4] = raw(ptr);
  IdsObject object = with_btf(true, ByteOrder::little);
  object.btf = types.finish();
  object.words[8] |= 1U << 16;
  const File file(object);
  const Result sidecars = run({"--no-sort", "-v", file.path});
  CHECK(sidecars.err.starts_with("btfx: note: " + file.path + ": .BTF: implicit arguments of fa are split off\n"));
  const BtfPtr split = Btf::parse(Bytes::copy_of(read_file(file.path + ".BTF")));
  CHECK(split->type(TypeId{15}).name() == "fa_impl");
  CHECK(split->type(split->type(TypeId{5}).target()).vlen() == 0);
  const Result in_place = run({"--in-place", "--no-sort", file.path});
  CHECK(in_place.status == Status::yes);
  CHECK(in_place.err ==
        "btfx: warning: " + file.path + ": .BTF: fa still shows implicit arguments, because .BTF stays as it is\n");
  CHECK(file.section(".BTF") == test::text_of(object.btf));
}

TEST_CASE("resolve-ids --patch") {
  const File file(with_btf(true, ByteOrder::big));
  const std::string blob = file.dir / "blob";
  const std::string spelling = GENERATE("--patch", "--patch_btfids");
  write_file(blob, std::string(51, 'x'));
  CHECK(run({spelling, blob, file.path}).err ==
        "btfx: error: " + file.path + ": .BTF_ids: section has 52 bytes, but " + blob + " has 51\n");
  CHECK(run({spelling, blob + "none", file.path}).status == Status::trouble);
  CHECK(run({spelling, blob, "--no-sort", file.path}).err ==
        "btfx: error: --patch takes the ids as they are: it goes with no option about resolving\n");
  CHECK(file.is_untouched());
  write_file(blob, std::string(52, 'x'));
  CHECK(run({spelling, blob, file.path}).status == Status::yes);
  CHECK(file.section(".BTF_ids") == std::string(52, 'x'));
  const std::string changed = read_file(file.path);
  std::size_t differences = 0;
  for (std::size_t i = 0; i < changed.size(); ++i) differences += changed[i] != file.content[i] ? 1 : 0;
  CHECK(differences == 52);
}

TEST_CASE("resolve-ids leaves no section behind that its types do not fit") {
  const IdsObject object = with_btf(true, ByteOrder::little);
  const TempDir dir;
  const std::string btf = dir / "btf";
  write_file(btf, test::text_of(object.btf));
  SECTION("a .BTF.base that the new .BTF does not continue") {
    IdsObject distilled = object;
    distilled.base = test::ids_types().finish(ByteOrder::little, BtfHeader::old_length);
    const File file(distilled);
    const Result result = run({"--in-place", "--btf", btf, file.path});
    CHECK(result.err == "btfx: error: " + file.path +
                            ": .BTF.base: stays in the file, but the new .BTF does not continue it: remove the section "
                            "first\n");
    CHECK(result.status == Status::trouble);
    CHECK(file.is_untouched());
    CHECK(run({"--in-place", "--no-sort", "--btf", btf, file.path}).status == Status::yes);
  }
  SECTION("a .BTF.ext") {
    test::ElfMaker maker(true, ByteOrder::little);
    maker.add(".BTF", test::text_of(object.btf));
    maker.add(".BTF.ext", "any");
    const std::string path = dir / "object.o", content = maker.make();
    write_file(path, content);
    for (const std::vector<std::string>& options : {std::vector<std::string>{path}, {"--in-place", path}}) {
      CHECK(run(options).err ==
            "btfx: error: " + path +
                ": .BTF.ext: refers to types by the numbers that they have, and is not changed with "
                "them; --no-sort keeps the numbers\n");
    }
    CHECK(read_file(path) == content);
    CHECK_FALSE(std::filesystem::exists(path + ".BTF"));
    CHECK(run({"--no-sort", path}).status == Status::yes);
    CHECK(read_file(path + ".BTF") == test::text_of(object.btf));
  }
}

TEST_CASE("resolve-ids of a file without ids writes the types alone, or nothing in place") {
  IdsObject object;
  object.btf = test::ids_types().finish();
  const File file(object);
  CHECK(run({"--in-place", "--no-sort", "-v", file.path}).err ==
        "btfx: note: " + file.path + ": has no .BTF_ids to resolve\n");
  CHECK(file.is_alone());
  CHECK(run({file.path}).status == Status::yes);
  CHECK(std::filesystem::exists(file.path + ".BTF"));
  CHECK_FALSE(std::filesystem::exists(file.path + ".BTF_ids"));
  // A section that is empty holds no ids either.
  CHECK(run({"--list", file.path}).err == "btfx: error: " + file.path + ": .BTF_ids: is empty\n");
}

TEST_CASE("resolve-ids --list prints every id") {
  const File file(with_btf(true, ByteOrder::big));
  const Result before = run({"--list", file.path});
  CHECK(before.status == Status::yes);
  CHECK(before.out ==
        "list pair at 0x0: 2 ids\n"
        "  0x00000       0 unresolved __BTF_ID__union__u__1   union u [would be 7]\n"
        "  0x00004       0 unresolved __BTF_ID__typedef__t__2 typedef t [would be 8]\n"
        "set both at 0x8: 2 ids, not resolved\n"
        "  0x0000c       0 unresolved __BTF_ID__union__u__3   union u [would be 7]\n"
        "  0x00010       0 unresolved __BTF_ID__typedef__t__4 typedef t [would be 8]\n"
        "set8 kfuncs at 0x14: 3 ids, kfuncs, not resolved\n"
        "  0x0001c       0 unresolved __BTF_ID__func__fa__5 KF_ACQUIRE|KF_KPTR_GET            void fa(int a) [would be "
        "5]\n"
        "  0x00024       0 unresolved __BTF_ID__func__fb__6 KF_KPTR_GET                       void fb(int a) [would be "
        "4]\n"
        "  0x0002c       0 unresolved __BTF_ID__func__fc__7 KF_ACQUIRE|KF_RELEASE|KF_RET_NULL void fc(int a) [would be "
        "3]\n"
        "7 ids, 7 unresolved\n");
  CHECK(run({"--list", "--fatal-warnings", file.path}).status == Status::no);
  REQUIRE(run({"--in-place", "--no-sort", file.path}).status == Status::yes);
  const Result after = run({"--list", "--fatal-warnings", file.path});
  CHECK(after.status == Status::yes);
  CHECK(after.out ==
        "list pair at 0x0: 2 ids\n"
        "  0x00000       7 ok         __BTF_ID__union__u__1   union u\n"
        "  0x00004       8 ok         __BTF_ID__typedef__t__2 typedef t\n"
        "set both at 0x8: 2 ids\n"
        "  0x0000c       7 ok         __BTF_ID__union__u__3   union u\n"
        "  0x00010       8 ok         __BTF_ID__typedef__t__4 typedef t\n"
        "set8 kfuncs at 0x14: 3 ids, kfuncs\n"
        "  0x0001c       3 ok         __BTF_ID__func__fc__7 KF_ACQUIRE|KF_RELEASE|KF_RET_NULL void fc(int a)\n"
        "  0x00024       4 ok         __BTF_ID__func__fb__6 KF_KPTR_GET                       void fb(int a)\n"
        "  0x0002c       5 ok         __BTF_ID__func__fa__5 KF_ACQUIRE|KF_KPTR_GET            void fa(int a)\n"
        "7 ids, 7 ok\n");
  CHECK(run({"--list", "--in-place", file.path}).err ==
        "btfx: error: --list only looks: it goes with -B, --btf, --force and --fatal-warnings\n");
}

TEST_CASE("resolve-ids --list of a file without symbols") {
  IdsObject object = with_btf(true, ByteOrder::big);
  object.words = {7, 8, 0, 0, 0, 0, 1, 0, 9, 0, 8, 0, 99};
  object.has_symbols = false;
  const File file(object);
  CHECK(run({"--list", file.path}).err ==
        "btfx: error: " + file.path +
            ": .BTF_ids: has 52 bytes, but the file has no symbol table that tells what they are: it was stripped; "
            "with --force they are listed unjudged\n");
  const Result forced = run({"--list", "--force", file.path});
  CHECK(forced.status == Status::yes);
  CHECK(forced.out ==
        "list at 0x0: 6 ids\n"
        "  0x00000       7 unjudged   - union u\n"
        "  0x00004       8 unjudged   - typedef t\n"
        "  0x00018       1 unjudged   - int\n"
        "  0x00020       9 unjudged   - struct s\n"
        "  0x00028       8 unjudged   - typedef t\n"
        "  0x00030      99 unjudged   - -\n"
        "6 ids, 6 unjudged\n");
  CHECK(run({"--list", "--force", "--fatal-warnings", file.path}).status == Status::no);
}

TEST_CASE("resolve-ids --patch warns of ids that are not those of the types in the file") {
  const bool is_64 = GENERATE(true, false);
  const File file(with_btf(is_64, ByteOrder::big));
  REQUIRE(run({file.path}).status == Status::yes);
  const Result patched = run({"--patch", file.path + ".BTF_ids", file.path});
  CHECK(patched.status == Status::yes);
  CHECK(patched.err ==
        "btfx: warning: " + file.path +
            ": .BTF_ids: word 0 (union u of list pair) is type 12 (DECL_TAG bpf_kfunc) (and 5 more are wrong): these "
            "are not the "
            "ids of the .BTF in the file; put the one that was written with them in, too, or resolve with --no-sort\n");
  const File kept(with_btf(is_64, ByteOrder::big));
  REQUIRE(run({"--no-sort", kept.path}).status == Status::yes);
  CHECK(run({"--patch", kept.path + ".BTF_ids", kept.path}).err.empty());
  CHECK(run({"--list", "--fatal-warnings", kept.path}).status == Status::yes);
  // Symbols that break the grammar judge nothing, and stop nothing.
  IdsObject odd = with_btf(is_64, ByteOrder::big);
  odd.symbols[1].name = "enum__e__1";
  const File judged(odd);
  write_file(judged.path + ".ids", std::string(52, 'x'));
  CHECK(run({"--patch", judged.path + ".ids", judged.path}).status == Status::yes);
  CHECK(judged.section(".BTF_ids") == std::string(52, 'x'));
  // Zeros, as compiled, are no ids of anything else.
  write_file(kept.path + ".zeros", std::string(52, '\0'));
  CHECK(run({"--patch", kept.path + ".zeros", kept.path}).err.empty());
}

TEST_CASE("resolve-ids: the documents") {
  const File file(with_btf(true, ByteOrder::little));
  using Json = nlohmann::ordered_json;
  const Json listed = Json::parse(run({"--list", "-j", file.path}).out);
  REQUIRE(listed["results"].size() == 7);
  CHECK(listed["results"][0].dump() ==
        R"({"group":"list","in":"pair","offset":0,"id":0,"status":"unresolved","symbol":"__BTF_ID__union__u__1",)"
        R"("kind":"union","name":"u","type":{"id":7,"kind":"UNION","name":"u","text":"union u"}})");
  CHECK(listed["results"][4].dump() ==
        "{\"group\":\"set8\",\"in\":\"kfuncs\",\"offset\":28,\"id\":0,\"status\":\"unresolved\","
        "\"symbol\":\"__BTF_ID__func__fa__5\",\"kind\":\"func\",\"name\":\"fa\",\"flags\":9,"
        "\"flag_names\":[\"KF_ACQUIRE\",\"KF_KPTR_GET\"],"
        "\"type\":{\"id\":5,\"kind\":\"FUNC\",\"name\":\"fa\",\"text\":\"void fa(int a)\"}}");
  CHECK(listed["summary"].dump() ==
        R"({"ids":7,"ok":0,"unresolved":7,"missing":0,"stale":0,"outside":0,"unused":0,"unjudged":0,"groups":[)"
        R"({"group":"list","name":"pair","offset":0,"ids":2},)"
        R"({"group":"set","name":"both","offset":8,"ids":2,"symbol":"__BTF_ID__set__both","count":0},)"
        R"({"group":"set8","name":"kfuncs","offset":20,"ids":3,"symbol":"__BTF_ID__set8__kfuncs","count":0,)"
        R"("flags":1,"kfuncs":true}]})");

  const Json resolved = Json::parse(run({"-j", file.path}).out);
  const Json expected = {
      {"results",
       {{{"file", file.path},
         {"resolved", 7},
         {"unresolved", 0},
         {"findings", Json::array()},
         {"written", {file.path + ".BTF_ids", file.path + ".BTF"}}}}},
      {"summary", {{"resolved", 7}, {"unresolved", 0}, {"findings", 0}}},
  };
  CHECK(resolved == expected);
}

}  // namespace
}  // namespace btfx
