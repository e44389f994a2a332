// The relocation against a second, literal telling of the kernel's algorithm: it walks the whole target, type by type,
// as the kernel does, where btfx looks types up by name. Random small BTFs with few names, so that they clash.
#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "btf/builder.h"
#include "catch.h"
#include "support/btf_samples.h"
#include "transform/relocate/distill.h"
#include "transform/relocate/relocate.h"

namespace btfx {
namespace {

using Random = std::mt19937;

std::uint32_t below(Random& random, std::uint32_t limit) {
  return static_cast<std::uint32_t>(random() % limit);
}

const char* const names[] = {"a", "b", "c", "d"};

void add_random_named(BtfBuilder& btf, Random& random, bool distilled) {
  const char* name = names[below(random, 4)];
  const std::uint32_t size = 1U << below(random, 4);
  switch (below(random, distilled ? 6U : 8U)) {
    case 0:
      btf.add_int(name, size, below(random, 2));
      break;
    case 1:
      btf.add(Kind::enum_, name, size);
      break;
    case 2:
      btf.add(Kind::fwd, name, 0, {}, 0, below(random, 2) != 0);
      break;
    case 3:
      btf.add_composite(Kind::union_, name, size, !distilled && below(random, 4) == 0);
      break;
    case 4:
    case 5:
      btf.add_composite(Kind::struct_, name, size, !distilled && below(random, 4) == 0);
      break;
    case 6:
      btf.add(Kind::enum64, name, size);
      break;
    default:
      btf.add(Kind::typedef_, name, 0);
      break;
  }
}

BtfPtr random_split(const BtfPtr& distilled, Random& random) {
  BtfBuilder split(distilled);
  const std::uint32_t end = raw(distilled->end_id());
  const std::uint32_t count = 1 + below(random, 8);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t target = below(random, end + i);
    switch (below(random, 6)) {
      case 0:
        split.add_ptr(TypeId{target});
        break;
      case 1:
        split.add(Kind::const_, {}, target);
        break;
      case 2:
        split.add(Kind::array, {}, 0, {target, target, 2});
        break;
      case 3:
        split.add(Kind::typedef_, "t", target);
        break;
      case 4:
        split.add_composite(Kind::struct_, "holder", 64);
        for (std::uint32_t m = below(random, 3); m > 0; --m) {
          split.add_member(names[below(random, 4)], TypeId{below(random, end + i)}, 0);
        }
        break;
      default:
        split.add(Kind::var, "v", target, {1});
        break;
    }
  }
  return split.build();
}

/// The ids that the distilled types map to, or what the kernel says.
using Walked = std::variant<std::vector<std::uint32_t>, std::string>;

Walked walk_like_the_kernel(const Btf& split, const Btf& target) {
  const Btf& small = *split.base();
  const std::uint32_t end = raw(small.end_id());
  std::vector<bool> embedded(end);
  for (TypeId id = split.first_id(); id != split.end_id(); ++id) {
    const TypeView type = split.type(id);
    if (!is_composite(type.kind())) continue;
    for (std::uint32_t i = 0; i < type.vlen(); ++i) {
      TypeId at = type.member(i).type;
      for (;;) {
        const TypeView view = split.type(at);
        if (is_modifier(view.kind()) || view.kind() == Kind::typedef_) {
          at = view.target();
        } else if (view.kind() == Kind::array) {
          at = view.element();
        } else {
          break;
        }
      }
      if (at < small.end_id() && is_composite(split.type(at).kind())) embedded[raw(at)] = true;
    }
  }
  std::map<std::uint32_t, int> count;
  for (TypeId id{1}; id != target.end_id(); ++id) {
    if (is_composite(target.type(id).kind())) ++count[raw(target.type(id).name_offset())];
  }
  // The distilled types in the kernel's order: by name, then by size.
  std::vector<std::uint32_t> sorted;
  for (std::uint32_t id = 1; id < end; ++id) sorted.push_back(id);
  std::ranges::stable_sort(sorted, {}, [&](std::uint32_t id) {
    return std::pair(small.type(TypeId{id}).name(), small.type(TypeId{id}).size());
  });
  std::vector<std::uint32_t> map(end);
  for (TypeId id{1}; id != target.end_id(); ++id) {
    const TypeView base = target.type(id);
    const Kind kind = base.kind();
    bool needs_size = true;
    if (kind == Kind::fwd) {
      needs_size = false;
    } else if (is_composite(kind)) {
      needs_size = count[raw(base.name_offset())] > 1;
    } else if (kind != Kind::int_ && kind != Kind::float_ && !is_enum(kind)) {
      continue;
    }
    for (const std::uint32_t wanted_id : sorted) {
      const TypeView wanted = small.type(TypeId{wanted_id});
      if (wanted.name() != base.name() || (needs_size && wanted.size() != base.size())) continue;
      switch (wanted.kind()) {
        case Kind::fwd:
          if (kind == Kind::fwd) {
            if (base.kind_flag() != wanted.kind_flag()) continue;
          } else if (kind == Kind::struct_) {
            if (base.kind_flag()) continue;
          } else if (kind == Kind::union_) {
            if (!base.kind_flag()) continue;
          } else {
            continue;
          }
          break;
        case Kind::int_:
          if (kind != Kind::int_ || base.int_encoding() != wanted.int_encoding()) continue;
          break;
        case Kind::float_:
          if (kind != Kind::float_) continue;
          break;
        case Kind::enum_:
          if (!is_enum(kind)) continue;
          break;
        default:
          if (embedded[wanted_id] && base.size() != wanted.size()) continue;
          break;
      }
      if (map[wanted_id] != 0) {
        return fmt::format(
            "distilled base BTF type '{}' [{}], size {} has multiple candidates of the same size "
            "(ids [{}, {}]) in base BTF",
            wanted.name(), wanted_id, base.size(), raw(id), map[wanted_id]);
      }
      map[wanted_id] = raw(id);
    }
  }
  for (std::uint32_t id = 1; id < end; ++id) {
    if (map[id] == 0) {
      return fmt::format("distilled base BTF type '{}' [{}] is not mapped to base BTF id",
                         small.type(TypeId{id}).name(), id);
    }
  }
  return map;
}

TEST_CASE("relocate: the same answers as a literal walk over the target") {
  Random random(20241117);
  Relocator relocator;
  unsigned mapped = 0, refused = 0;
  for (unsigned round = 0; round < 20000; ++round) {
    BtfBuilder small_builder, target_builder;
    for (std::uint32_t n = 1 + below(random, 3); n > 0; --n) add_random_named(small_builder, random, true);
    for (std::uint32_t n = 1 + below(random, 10); n > 0; --n) add_random_named(target_builder, random, false);
    const BtfPtr split = random_split(small_builder.build(), random);
    const BtfPtr target = target_builder.build();
    CAPTURE(round);
    const Walked walked = walk_like_the_kernel(*split, *target);
    const Relocation relocation = relocator.run(*split, RelocationTarget(target));
    if (const auto* message = std::get_if<std::string>(&walked)) {
      ++refused;
      REQUIRE(relocation.kernel_failure);
      REQUIRE(relocation.kernel_failure->message == *message);
      REQUIRE_FALSE(relocation.succeeded());
      continue;
    }
    ++mapped;
    REQUIRE(relocation.succeeded());
    const auto& map = std::get<std::vector<std::uint32_t>>(walked);
    for (std::uint32_t id = 1; id < map.size(); ++id) REQUIRE(relocation.map[id] == TypeId{map[id]});
    REQUIRE((*Btf::parse(relocation.split, target)).own_types() == split->own_types());
  }
  CHECK(mapped > 2000);
  CHECK(refused > 2000);
}

}  // namespace
}  // namespace btfx
