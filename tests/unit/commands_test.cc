// The commands of the first hour, run without a process: what they print for small inputs, to the byte.
#include <nlohmann/json.hpp>

#include "catch.h"
#include "cmd/cli/parser.h"
#include "support/btf_samples.h"
#include "support/temp_dir.h"

namespace btfx {
namespace {

using test::TempDir;

/// What a command line gave.
struct Result {
  Status status = Status::trouble;
  std::string out, err;
};

Result run(const std::vector<std::string>& arguments, bool terminal = false) {
  const Invocation invocation = parse_command_line(arguments, all_commands());
  StringOutput out, err;
  Messages messages(err);
  Messages::Settings settings;
  settings.verbosity = invocation.global.verbosity;
  messages.set(settings);
  Result result;
  result.status =
      invocation.run({.global = invocation.global, .out = out, .messages = messages, .out_is_terminal = terminal});
  result.out = out.text();
  result.err = err.text();
  return result;
}

std::string error(const std::vector<std::string>& arguments) {
  return test::error_of([&] { run(arguments); }).message;
}

/// A directory with a base and a split BTF on it.
struct Files {
  Files() {
    const BtfPtr root = test::small_base().build();
    const Bytes split_blob = test::small_split(root).finish();
    test::write_file(base, as_text(root->blob().view()));
    test::write_file(split, as_text(split_blob.view()));
  }
  TempDir dir;
  std::string base = dir / "base.btf", split = dir / "split.btf";
};

TEST_CASE("dump prints the types of a source") {
  const Files files;
  const std::string base_text =
      "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
      "[2] STRUCT 'base_type' size=4 vlen=1\n"
      "\t'a' type_id=1 bits_offset=0\n"
      "[3] PTR '(anon)' type_id=2\n"
      "[4] INT 'long' size=8 bits_offset=0 nr_bits=64 encoding=SIGNED\n";
  const Result result = run({"dump", "file", files.base});
  CHECK(result.status == Status::yes);
  CHECK(result.out == base_text);
  CHECK(result.err.empty());
  CHECK(run({"dump", files.base, "format", "raw", "unsorted"}).out == base_text);
  CHECK(run({"dump", files.base, "root_id", "0x3", "root_id", "1"}).out ==
        "[3] PTR '(anon)' type_id=2\n[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n");
  CHECK(run({"dump", files.base, "kind", "ptr"}).out == "[3] PTR '(anon)' type_id=2\n");
  CHECK(run({"dump", files.base, "name", "l*", "name", "x", "kind", "INT"}).out ==
        "[4] INT 'long' size=8 bits_offset=0 nr_bits=64 encoding=SIGNED\n");
}

TEST_CASE("dump says what a name that matches nothing may have meant, and refuses nonsense") {
  const Files files;
  const Result result = run({"dump", files.base, "name", "int", "name", "intt", "name", "i*"});
  CHECK(result.out == "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n");
  CHECK(result.err == "btfx: warning: no type has a name like 'intt'; did you mean 'int'?\n");
  CHECK(result.status == Status::no);
  CHECK(run({"dump", files.base, "name", "int", "kind", "struct"}).err ==
        "btfx: warning: no type of that kind has a name like 'int'\n");
  CHECK(run({"dump", files.split, "-B", files.base, "name", "int"}).err ==
        "btfx: warning: no type has a name like 'int'; the base has one, which is shown when the base itself is "
        "dumped\n");
  CHECK(run({"dump", "-q", files.base, "name", "intt"}).err == "");
  CHECK(error({"dump", ""}) == "SOURCE is empty (see 'btfx dump --help')");
  CHECK(error({"list", ""}) == "SOURCE: the value is empty (see 'btfx list --help')");
  CHECK(error({"dump", files.base, "--guard", "A B"}) ==
        "--guard: 'A B' is not a name for a macro (see 'btfx dump --help')");
  CHECK(error({"dump", files.base, "--format", "c"}) ==
        "'format' is a word of this command and has no dashes (see 'btfx dump --help')");
  CHECK(error({"dump", files.base, "--name=x"}) ==
        "'name' is a word of this command and has no dashes (see 'btfx dump --help')");
  CHECK(error({"dump", files.base, "--guard", "1A"}) ==
        "--guard: '1A' is not a name for a macro (see 'btfx dump --help')");
  CHECK(run({"dump", files.base, "format", "c", "--guard", "_A1"}).out.starts_with("#ifndef _A1\n#define _A1\n"));
}

TEST_CASE("dump prints JSON for -j, -p and format json") {
  const Files files;
  const std::string compact = "{\"types\":[{\"id\":3,\"kind\":\"PTR\",\"name\":\"(anon)\",\"type_id\":2}]}\n";
  CHECK(run({"dump", "-j", files.base, "kind", "ptr"}).out == compact);
  CHECK(run({"dump", files.base, "format", "json", "kind", "ptr"}).out == compact);
  CHECK(run({"-p", "dump", files.base, "kind", "ptr"}).out.starts_with("{\n    \"types\": [{\n"));
}

TEST_CASE("dump puts split BTF on the base that is given") {
  const Files files;
  const Result result = run({"dump", files.split, "-B", files.base, "kind", "struct"});
  CHECK(result.out.starts_with("[5] STRUCT 'split_type'"));
  CHECK(error({"dump", files.split}).starts_with(files.split + ": is split BTF"));
  CHECK(error({"dump", files.split, "-B", "none"}).starts_with(files.split + ": is split BTF"));
}

TEST_CASE("Split BTF on a base that it does not belong to is printed with a warning, or an error that says so") {
  const Files files;
  BtfBuilder larger;  // the same types as in the right base, with a longer name
  const TypeId int_id = larger.add_int("integer", 4, 1);
  const TypeId base_type = larger.add_composite(Kind::struct_, "base_type", 4);
  larger.add_member("a", int_id, 0);
  larger.add_ptr(base_type);
  larger.add_int("long", 8, 1);
  const std::string other = files.dir / "other.btf";
  const BtfPtr larger_btf = larger.build();
  test::write_file(other, as_text(larger_btf->blob().view()));
  const Result result = run({"dump", files.split, "-B", other, "kind", "struct"});
  CHECK(result.status == Status::yes);
  CHECK(result.out ==
        "[5] STRUCT 'ong' size=16 vlen=2\n"
        "\t'ype' type_id=2 bits_offset=0\n"
        "\t'eld' type_id=6 bits_offset=64\n");
  const std::string warning =
      "btfx: warning: " + files.split +
      ": does not belong to this base, so that names and types are wrong: 5 of 5 names begin inside a string, as 'ong' "
      "in 'long' (STRUCT, type 5)\n";
  CHECK(result.err == warning);
  CHECK(run({"diff", files.split, files.split, "-B", other}).err == warning + warning);
  CHECK(run({"dump", files.split, "-B", files.base}).err.empty());
  const std::string shorter = files.dir / "shorter.btf";
  BtfBuilder smaller;
  smaller.add_int("int", 4, 1);
  const BtfPtr smaller_btf = smaller.build();
  test::write_file(shorter, as_text(smaller_btf->blob().view()));
  CHECK(error({"dump", files.split, "-B", shorter}) ==
        files.split +
            ": offset 0x38: type 2: string offset 38 is out of range (strings end at 37); it may have been built "
            "against another base");
}

TEST_CASE("dump merges several sources on one base, every type once") {
  const Files files;
  const std::string once = run({"dump", files.split, "-B", files.base}).out;
  CHECK(run({"dump", "file", files.split, "file", files.split, "-B", files.base}).out == once);
  const BtfPtr root = test::small_base().build();
  BtfBuilder builder(root);
  builder.add_ptr(TypeId{2});  // the base has one already
  builder.add_int("only_here", 2);
  const Bytes other = builder.finish();
  test::write_file(files.dir / "other.btf", as_text(other.view()));
  const std::string end = std::to_string(raw((*Btf::parse(test::small_split(root).finish(), root)).end_id()));
  CHECK(run({"dump", files.split, "file", files.dir / "other.btf", "-B", files.base}).out ==
        once + "[" + end + "] INT 'only_here' size=2 bits_offset=0 nr_bits=16 encoding=(none)\n");
  CHECK(run({"dump", files.base, "file", files.base}).out == run({"dump", files.base}).out);
  CHECK(error({"dump", files.base, "file", files.split, "-B", "none"}) ==
        files.split + ": is split BTF: name its base with -B");
}

TEST_CASE("dump refuses what makes no sense") {
  const Files files;
  CHECK(error({"dump", files.base, "root_id", "99"}).find("99") != std::string::npos);
  CHECK(error({"dump", files.base, "root_id", "x"}) == "can't parse 'x' as root ID (see 'btfx dump --help')");
  CHECK(error({"dump", files.base, "root_id", "4294967296"}) ==
        "can't parse '4294967296' as root ID (see 'btfx dump --help')");
  CHECK(error({"dump", files.base, "root_id", "2", "root_id", "0x2"}) ==
        "duplicate root_id 2 (see 'btfx dump --help')");
  CHECK(error({"dump", files.base, "root_id", "2", "name", "x"}) == "root_id cannot be used with name or kind");
  CHECK(error({"dump", files.base, "kind", "strukt"}) ==
        "unknown kind 'strukt'; did you mean 'struct'? (see 'btfx dump --help')");
  CHECK(error({"-j", "dump", files.base, "format", "c"}) == "a C header cannot be printed as JSON");
  CHECK(error({"dump", files.base, "format", "layout", "--cacheline", "0"}) ==
        "--cacheline: '0' is not a number from 1 to 4294967295 (see 'btfx dump --help')");
}

TEST_CASE("extract writes the bytes of a section") {
  const Files files;
  const std::string bytes = test::read_file(files.base);
  CHECK(run({"extract", files.base}).out == bytes);
  CHECK(run({"extract", files.base, "-o", "-"}).out == bytes);
  const Result to_file = run({"extract", files.base, "-o", files.dir / "copy"});
  CHECK(to_file.out.empty());
  CHECK(test::read_file(files.dir / "copy") == bytes);
  CHECK(error({"extract", files.base, "--section", ".BTF.ext"}) ==
        files.base + ": is not an ELF file, so it has no section .BTF.ext");
}

TEST_CASE("extract changes the byte order, with the base for split BTF") {
  const Files files;
  const Bytes big = test::small_base().finish(ByteOrder::big);
  CHECK(run({"extract", files.base, "--byte-order", "big"}).out == as_text(big.view()));
  CHECK(run({"extract", files.base, "--byte-order", "little"}).out == test::read_file(files.base));
  CHECK(run({"extract", files.split, "--byte-order", "little"}).out == test::read_file(files.split));
  const std::string swapped = run({"extract", files.split, "-B", files.base, "--byte-order", "big"}).out;
  CHECK(swapped.starts_with("\xeb\x9f"));
  CHECK(swapped.size() == test::read_file(files.split).size());
  CHECK(error({"extract", files.split, "--byte-order", "big"}).starts_with(files.split + ": is split BTF"));
  CHECK(error({"extract", files.split, "--byte-order", "big", "--section", ".BTF_ids"}) ==
        "--byte-order does not apply to section .BTF_ids");
  const Bytes newer = test::patched(test::blob_of({}, std::string_view("\0", 1), ByteOrder::little, 40), 36, {1});
  test::write_file(files.dir / "newer", as_text(newer.view()));
  CHECK(error({"extract", files.dir / "newer", "--byte-order", "big"}) ==
        files.dir / "newer" + ": has a header with unknown fields, whose byte order cannot be changed");
}

TEST_CASE("extract does not write to a terminal") {
  const Files files;
  const test::Caught caught = test::error_of([&] { run({"extract", files.base}, true); });
  CHECK(caught.code == ErrorCode::refused);
  CHECK(caught.message == "BTF is binary and is not written to a terminal: use -o FILE or a pipe");
  CHECK(run({"extract", files.base, "-o", files.dir / "copy"}, true).status == Status::yes);
}

TEST_CASE("list says what each source is, and goes on after a bad one") {
  const Files files;
  test::write_file(files.dir / "junk", "no BTF at all");
  const Result result = run({"list", files.base, files.dir / "junk", files.split});
  CHECK(result.status == Status::trouble);
  CHECK(result.err.starts_with("btfx: error: " + (files.dir / "junk") + ": "));
  const std::string header = result.out.substr(0, result.out.find('\n'));
  CHECK(
      header ==
      "  TYPES STRINGS      .BTF .BTF.base .BTF.ext .BTF_ids RELATION   ORDER  FILE    PACKED   RELEASE                "
      "  BUILD-ID                                 SOURCE");
  const std::string size = std::to_string(test::read_file(files.base).size());
  const std::string row =
      result.out.substr(header.size() + 1, result.out.find('\n', header.size() + 1) - header.size() - 1);
  CHECK(row ==
        "      4       5 " + std::string(9 - size.size(), ' ') + size +
            "         -        -        - standalone little raw     -        -                        -          "
            "                              " +
            files.base);
  CHECK(result.out.find(" split      little raw ") != std::string::npos);
}

TEST_CASE("list as JSON has a record for each source, and a summary") {
  const Files files;
  const Result result = run({"-j", "list", files.base, files.dir / "missing", files.split});
  CHECK(result.status == Status::trouble);
  CHECK(result.err == "btfx: error: " + (files.dir / "missing") + ": cannot open: No such file or directory\n");
  const auto document = nlohmann::ordered_json::parse(result.out);
  const auto& results = document["results"];
  REQUIRE(results.size() == 3);
  CHECK(results[0].dump() ==
        "{\"source\":\"" + files.base + "\",\"file\":\"raw\",\"packed\":[],\"sections\":[{\"name\":\".BTF\",\"size\":" +
            std::to_string(test::read_file(files.base).size()) +
            "}],\"types\":4,\"strings\":5,\"relation\":\"standalone\",\"byte_order\":\"little\",\"release\":null,"
            "\"build_id\":null}");
  CHECK(results[1].dump() == "{\"source\":\"" + (files.dir / "missing") +
                                 "\",\"error\":{\"code\":\"io\",\"severity\":\"error\",\"text\":\"cannot open: No such "
                                 "file or directory\",\"file\":\"" +
                                 (files.dir / "missing") + "\"}}");
  CHECK(results[2]["relation"] == "split");
  CHECK(document["summary"].dump() ==
        "{\"sources\":3,\"standalone\":1,\"split\":1,\"distilled\":0,\"none\":0,\"errors\":1,\"types\":" +
            std::to_string(4 + results[2]["types"].get<int>()) + "}");
}

TEST_CASE("list prints the same with any number of threads", "[threads]") {
  const std::string modules = test::data_path("modules");
  const Result one = run({"list", modules, "--jobs", "1"}), four = run({"list", modules, "--jobs", "4"});
  CHECK(one.status == Status::yes);
  CHECK(one.out == four.out);
  CHECK(one.out.find(" split      little module  xz       6.12.115+deb12-amd64 ") != std::string::npos);
}

TEST_CASE("list tells distilled BTF and packed modules") {
  const auto document =
      nlohmann::ordered_json::parse(run({"-j", "list", test::data_path("out-of-tree/demo-distilled.ko")}).out);
  auto record = document["results"][0];
  record.erase("source");
  CHECK(record.dump() ==
        "{\"file\":\"module\",\"packed\":[],\"sections\":[{\"name\":\".BTF\",\"size\":1441},{\"name\":\".BTF.base\","
        "\"size\":366},{\"name\":\".BTF_ids\",\"size\":36}],\"types\":46,\"strings\":53,\"relation\":\"distilled\","
        "\"byte_order\":\"little\",\"release\":\"6.12.117+deb12-amd64\",\"build_id\":"
        "\"aaee84d15e0924f986dc2bb460a8d9b0beaf9358\"}");
}

TEST_CASE("help describes a command") {
  CHECK(run({"help"}).out == run({"--help"}).out);
  CHECK(run({"help", "extract"}).out == run({"extract", "-h"}).out);
  CHECK(error({"help", "extrat"}) == "no command or topic is called 'extrat'; did you mean 'extract'?");
  CHECK(error({"help", "findigs"}) == "no command or topic is called 'findigs'; did you mean 'findings'?");
  CHECK(error({"help", "gen"}) == "no command or topic is called 'gen'; use: btfx core OBJECT -B BASE --minimal FILE");
  CHECK(error({"help", "xyz"}) == "no command or topic is called 'xyz'; 'btfx help' lists them");
}

}  // namespace
}  // namespace btfx
