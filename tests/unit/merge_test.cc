#include "transform/merge/merge.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "btf/builder.h"
#include "btf/evidence.h"
#include "btf/fields.h"
#include "btf/load.h"
#include "btf/name_hash.h"
#include "btf/names.h"
#include "catch.h"
#include "image/image.h"
#include "support/btf_samples.h"
#include "support/raw_text.h"
#include "support/temp_dir.h"

namespace btfx {
namespace {

using test::raw_text;

struct Module {
  std::string name;
  BtfPtr btf;
};

BtfPtr kernel(const std::string& version) {
  return load_base(test::data_path("vmlinux-" + version + ".btf.xz"));
}

/// The modules in tests/data, by name, each on `base`.
std::vector<Module> real_modules(const BtfPtr& base) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(test::data_path("modules"))) {
    if (entry.path().extension() == ".xz") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<Module> modules;
  for (const std::string& path : paths) {
    modules.push_back({std::filesystem::path(path).filename(), parse_on_base(btf_section(read_source(path)), base)});
  }
  return modules;
}

struct Merged {
  Merge merge;
  Diagnostics diagnostics = {};

  Merged(const BtfPtr& base, const std::vector<Module>& modules, const MergeOptions& options) : merge(base, options) {
    for (const Module& module : modules) merge.add(module.name, merge.prepare(module.btf), diagnostics);
    merge.finish(diagnostics);
  }
  [[nodiscard]] BtfPtr flat() const { return Btf::parse(merge.pool().flat_btf()); }
};

/// What a record says apart from ids and where its names stand.
std::string content(TypeView type) {
  std::string text;
  std::vector<std::uint32_t> words(type.words().begin(), type.words().end());
  visit_names(words.data(), [&](std::uint32_t& name) {
    text += type.btf().string(StringOffset{name});
    text += '\n';
    name = 0;
  });
  visit_type_ids(words.data(), [](std::uint32_t& id) { id = 0; });
  for (const std::uint32_t word : words) text += std::to_string(word) + ' ';
  return text;
}

std::vector<std::uint32_t> targets(TypeView type) {
  std::vector<std::uint32_t> ids;
  visit_type_ids(type.words().data(), [&](std::uint32_t id) { ids.push_back(id); });
  return ids;
}

/// A number for each type that depends on everything within `rounds` references, but not on ids; sorted.
std::vector<std::uint64_t> fingerprints(const Btf& btf, int rounds) {
  std::vector<std::uint64_t> now(raw(btf.end_id()));
  for (std::uint32_t id = 1; id < now.size(); ++id) now[id] = hash_name(content(btf.type(TypeId{id})));
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::uint64_t> next = now;
    for (std::uint32_t id = 1; id < now.size(); ++id) {
      visit_type_ids(btf.type(TypeId{id}).words().data(), [&](std::uint32_t target) {
        next[id] = (next[id] ^ now[target]) * 0x9e3779b97f4a7c15;
        next[id] ^= next[id] >> 31;
      });
    }
    now.swap(next);
  }
  std::ranges::sort(now);
  return now;
}

BtfPtr declaring(const BtfPtr& base, std::uint32_t size) {
  BtfBuilder builder(base);
  if (size == 0) {
    builder.add(Kind::fwd, "foo", 0);
  } else {
    builder.add_composite(Kind::struct_, "foo", size);
  }
  builder.add_ptr(base->end_id());
  return builder.build();
}

}  // namespace

TEST_CASE("Every type of every module is found in the merge, and is the type it was") {
  const BtfPtr base = kernel("6.12.115");
  const std::vector<Module> modules = real_modules(base);
  REQUIRE(modules.size() >= 20);
  for (const bool strict : {false, true}) {
    const Merged merged(base, modules, {.strict = strict, .jobs = 2});
    const BtfPtr flat = merged.flat();
    std::size_t types = 0, wrong = 0, unfound = 0;
    for (std::size_t i = 0; i < modules.size(); ++i) {
      const Btf& module = *modules[i].btf;
      for (TypeId id = module.first_id(); id != module.end_id(); ++id, ++types) {
        const TypeView before = module.type(id);
        const TypeId there = merged.merge.find(i, id);
        const TypeView after = flat->type(there);
        if (before.is_named()) {
          bool found = false;
          for (const TypeId same_name : flat->names().find(before.name())) found = found || same_name == there;
          if (!found) ++unfound;
        }
        if (before.kind() == Kind::fwd && after.kind() != Kind::fwd) continue;  // its definition
        std::vector<std::uint32_t> expected = targets(before);
        for (std::uint32_t& target : expected) target = raw(merged.merge.find(i, TypeId{target}));
        if (content(before) != content(after) || expected != targets(after)) ++wrong;
      }
    }
    CHECK(types == merged.merge.types_before());
    CHECK(unfound == 0);
    CHECK(wrong == 0);
    CHECK(flat->names().find("tun_struct", Kind::struct_) != void_id);
    if (!strict) CHECK(raw_text(*flat).starts_with(raw_text(*base)));
  }
}

TEST_CASE("The order of the modules changes ids and nothing else") {
  const BtfPtr base = kernel("6.12.115");
  std::vector<Module> modules = real_modules(base);
  const Merged forward(base, modules, {.strict = true});
  std::ranges::reverse(modules);
  const Merged backward(base, modules, {.strict = true});
  CHECK(fingerprints(*forward.flat(), 8) == fingerprints(*backward.flat(), 8));
}

TEST_CASE("Merging the result again changes nothing") {
  const BtfPtr base = kernel("6.12.115");
  const std::vector<Module> modules = real_modules(base);
  const Merged split(base, modules, {});
  const Bytes once = split.merge.pool().own_btf();
  const Merged again(base, {{"merged", Btf::parse(once, base)}}, {});
  CHECK(test::text_of(again.merge.pool().own_btf()) == test::text_of(once));

  const Merged strict(base, modules, {.strict = true});
  const Merged strict_again(nullptr, {{"merged", strict.flat()}}, {.strict = true});
  CHECK(test::text_of((*strict_again.flat()).blob()) == test::text_of((*strict.flat()).blob()));
}

TEST_CASE("Modules of another kernel are refused, each with its evidence") {
  const BtfPtr wrong = kernel("6.12.117");
  const BtfPtr right = kernel("6.12.115");
  std::size_t refused = 0, modules = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::data_path("modules"))) {
    if (entry.path().extension() != ".xz") continue;
    const Bytes blob = btf_section(read_source(entry.path()));
    if ((*Btf::parse(blob, right)).own_types() == 0) continue;
    ++modules;
    const test::Caught caught = test::error_of([&] { parse_on_base(blob, wrong); });
    if (caught.sentence.ends_with("; it may have been built against another base") ||
        caught.sentence.starts_with("does not belong to this base: ")) {
      ++refused;
    }
  }
  CHECK(refused == modules);
  CHECK(modules >= 15);
}

TEST_CASE("Declarations that modules disagree about are reported with the modules") {
  const BtfPtr base = test::small_base().build();
  const std::vector<Module> modules{{"a.ko", declaring(base, 0)},
                                    {"b.ko", declaring(base, 4)},
                                    {"c.ko", declaring(base, 8)},
                                    {"d.ko", declaring(base, 8)}};
  const Merged merged(base, modules, {});
  REQUIRE(merged.diagnostics.size() == 1);
  CHECK(merged.diagnostics[0].severity == Severity::warning);
  CHECK(merged.diagnostics[0].code.word() == "forward-ambiguous");
  CHECK(merged.diagnostics[0].text ==
        "forward declaration of struct 'foo' is left as it is, because it has 2 different definitions: [7] in b.ko, "
        "[9] in c.ko and 1 more");
  CHECK(merged.diagnostics[0].place.type_id == 5U);
  CHECK(merged.merge.find(3, TypeId{5}) == TypeId{9});
  CHECK(merged.merge.find(3, TypeId{2}) == TypeId{2});
  CHECK(merged.merge.input_types() == std::vector{TypeId{5}, TypeId{6}, TypeId{7}, TypeId{8}, TypeId{9}, TypeId{10}});
}

TEST_CASE("A base's declaration with one definition is noted, and resolved when the merge is strict") {
  BtfBuilder builder;
  builder.add(Kind::fwd, "foo", 0);
  builder.add_ptr(TypeId{1});
  const BtfPtr base = builder.build();
  const std::vector<Module> modules{{"a.ko", declaring(base, 4)}};
  const Merged lenient(base, modules, {});
  REQUIRE(lenient.diagnostics.size() == 1);
  CHECK(lenient.diagnostics[0].severity == Severity::note);
  CHECK(lenient.diagnostics[0].code.word() == "forward-base");
  CHECK(raw_text(*lenient.flat()) ==
        "[1] FWD 'foo' fwd_kind=struct\n[2] PTR '(anon)' type_id=1\n"
        "[3] STRUCT 'foo' size=4 vlen=0\n[4] PTR '(anon)' type_id=3\n");
  const Merged strict(base, modules, {.strict = true});
  CHECK(strict.diagnostics.empty());
  CHECK(raw_text(*strict.flat()) == "[1] PTR '(anon)' type_id=2\n[2] STRUCT 'foo' size=4 vlen=0\n");
  CHECK(strict.merge.input_types() == std::vector{TypeId{1}, TypeId{2}});
}

}  // namespace btfx
