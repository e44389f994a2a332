#include "support/diff_text.h"

#include <fmt/format.h>

#include "btf/builder.h"
#include "btf/spelling.h"

namespace btfx::test {

std::vector<std::string> text_of(const std::vector<Change>& changes) {
  std::vector<std::string> lines;
  for (const Change& change : changes) {
    std::string line =
        fmt::format("{} {} {}", to_string(change.impact), to_string(change.kind), spell_name(change.subject().view()));
    if (change.kind == ChangeKind::renamed) line += fmt::format(" from {}", spell_name(change.before.view()));
    for (const std::string& cause : change.causes) line += fmt::format(" <- {}", cause);
    lines.push_back(std::move(line));
    for (const Detail& detail : change.details) {
      line = fmt::format("  {} {}", to_string(detail.impact), detail_kind_info(detail.kind()).word);
      if (!detail.name.empty()) line += fmt::format(" {}", detail.name);
      const DetailFields of = detail.fields();
      const std::string old_text = of.old_text == nullptr ? "" : *of.old_text;
      const std::string new_text = of.new_text == nullptr ? "" : *of.new_text;
      const std::uint64_t old_number = of.old_number == nullptr ? 0 : *of.old_number;
      const std::uint64_t new_number = of.new_number == nullptr ? 0 : *of.new_number;
      if (!old_text.empty() || !new_text.empty()) line += fmt::format(" '{}' -> '{}'", old_text, new_text);
      if (old_number != 0 || new_number != 0) line += fmt::format(" {} -> {}", old_number, new_number);
      if (of.placement != MemberPlacement::none) line += fmt::format(" {}", to_string(of.placement));
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::vector<std::string> compare_models(const BtfModel& before, const BtfModel& after) {
  return text_of(compare({before.build()}, {after.build()}).changes);
}

BtfModel kernel_model() {
  BtfBuilder b;
  const TypeId int_id = b.add_int("int", 4, 1);
  const TypeId char_id = b.add_int("char", 1, 1);
  const TypeId long_id = b.add_int("long unsigned int", 8);
  const TypeId bool_id = b.add_int("_Bool", 1, 4);
  const TypeId unsigned_id = b.add_int("unsigned int", 4);
  b.add(Kind::float_, "double", 8);
  const TypeId u32 = b.add(Kind::typedef_, "u32", raw(unsigned_id));
  const TypeId array = b.add(Kind::array, {}, 0, {raw(char_id), raw(int_id), 16});

  const TypeId list = b.add_composite(Kind::struct_, "list_head", 16);
  b.add_member("next", list + 1, 0);
  b.add_member("prev", list + 1, 64);
  const TypeId list_ptr = b.add_ptr(list);

  // Anonymous types inside, a hole behind `flag`, and padding at the end.
  const TypeId inner = b.add_composite(Kind::union_, "", 8);
  b.add_member("number", long_id, 0);
  b.add_member("entry", list_ptr, 0);
  const TypeId stats = b.add_composite(Kind::struct_, "", 8);
  b.add_member("hits", int_id, 0);
  b.add_member("misses", int_id, 32);
  const TypeId device = b.add_composite(Kind::struct_, "device", 72);
  b.add_member("id", int_id, 0);
  b.add_member("flag", bool_id, 32);
  b.add_member("", inner, 64);
  b.add_member("stats", stats, 128);
  b.add_member("list", list, 192);
  b.add_member("name", array, 320);
  b.add_member("count", u32, 448);
  b.add_member("last", bool_id, 480);
  const TypeId device_ptr = b.add_ptr(device);

  // A struct that holds another by value, pointers to a function and to an incomplete type, and room kept free.
  const TypeId callback = b.add(Kind::func_proto, {}, raw(int_id));
  b.add_param("", device_ptr);
  const TypeId callback_ptr = b.add_ptr(callback);
  const TypeId opaque_ptr = b.add_ptr(b.add(Kind::fwd, "opaque", 0));
  b.add_composite(Kind::struct_, "driver", 112);
  b.add_member("dev", device, 0);
  b.add_member("probe", callback_ptr, 576);
  b.add_member("private", opaque_ptr, 640);
  b.add_member("kabi_reserved1", long_id, 704);
  b.add_member("flags", u32, 768);
  b.add_member("pad", u32, 800);
  b.add_member("owner", b.end_id() + 1, 832);
  b.add(Kind::const_, {}, raw(char_id));
  b.add_ptr(TypeId{raw(b.end_id()) - 1});

  b.add_composite(Kind::struct_, "bits", 4, true);
  b.add_member("low", int_id, 0, 3);
  b.add_member("high", int_id, 3, 5);

  b.add(Kind::enum_, "color", 4);
  b.add_enumerator("RED", 0);
  b.add_enumerator("GREEN", 1);
  b.add_enumerator("BLUE", 2);
  b.add(Kind::enum64, "wide", 8, {}, 0, true);
  b.add_enumerator("WIDE_MIN", 0x8000000000000000);
  b.add_enumerator("WIDE_ONE", 1);
  b.add(Kind::enum_, "", 4);  // constants that nothing refers to
  b.add_enumerator("LIMIT_LOW", 10);
  b.add_enumerator("LIMIT_HIGH", 20);
  b.add(Kind::enum_, "later", 4);  // only declared

  const TypeId atomic = b.add_composite(Kind::struct_, "", 4);
  b.add_member("counter", int_id, 0);
  const TypeId atomic_t = b.add(Kind::typedef_, "atomic_t", raw(atomic));

  const TypeId proto = b.add(Kind::func_proto, {}, raw(int_id));
  b.add_param("dev", device_ptr);
  b.add_param("flags", u32);
  b.add_param("name", list_ptr);
  const TypeId func = b.add(Kind::func, "device_add", raw(proto), {}, 1);
  b.add(Kind::decl_tag, "kfunc", raw(func), {0xffffffff});
  b.add(Kind::decl_tag, "checked", raw(device), {0});

  const TypeId users = b.add(Kind::var, "users", raw(atomic_t), {1});
  const TypeId root = b.add(Kind::var, "root", raw(list), {0});
  b.add(Kind::datasec, ".data", 32);
  b.add_entry(users, 0, 4);
  b.add_entry(root, 8, 16);
  return BtfModel(*b.build());
}

}  // namespace btfx::test
