#include "kernel/special.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "btf/builder.h"

namespace btfx::test {

namespace {

struct Known {
  std::string_view name;
  std::uint32_t size;
};
constexpr std::size_t count = 5;  // of `known`: before it what may be held by anything
constexpr std::array known{Known{"bpf_list_head", 16}, Known{"bpf_rb_root", 16},     Known{"bpf_list_node", 24},
                           Known{"bpf_rb_node", 32},   Known{"bpf_timer", 16},       Known{"bpf_refcount", 4},
                           Known{"bpf_spin_lock", 4},  Known{"bpf_res_spin_lock", 4}};

class SpecialTypes {
 public:
  explicit SpecialTypes(Dice& dice)
      : dice_(dice), spoils_(dice.once_in(2)), lock_(dice.once_in(4) ? known.size() - 1 : known.size() - 2) {}

  Bytes make() {
    word_ = builder_.add_int("int", 4, 1);
    for (const Known& one : known) add_known(one);
    // Those that others hold first, so that their sizes are known: without locks and counts. Of these the kernel
    // expects one in all, of one kind, and complains to its administrator otherwise.
    const std::uint32_t inner = dice_.below(3), outer = 1 + dice_.below(3);
    for (std::uint32_t i = 0; i < inner + outer; ++i) add_struct(i, i >= inner);
    for (const auto& [type, member] : roots_) add_tag(type, member);
    return builder_.finish(native_order, BtfHeader::old_length);
  }

 private:
  struct Type {
    TypeId id;
    std::uint32_t size, alignment;
  };

  bool spoiled(std::uint32_t n) { return spoils_ && dice_.once_in(n); }

  void add_known(const Known& one) {
    // Of two with the same name, only the first is looked for.
    if (spoiled(25)) builder_.add_composite(Kind::struct_, one.name, one.size);
    const std::uint32_t size = spoiled(40) ? one.size + 8 : one.size;
    Type type{builder_.end_id(), size, size < 8 ? 4U : 8U};
    if (spoiled(60)) {
      builder_.add(Kind::typedef_, one.name, raw(word_));
      type.size = 4;
    } else {
      builder_.add_composite(Kind::struct_, one.name, size, spoiled(60));
      builder_.add_member("opaque", word_, 0);
    }
    known_.push_back(type);
  }

  /// A tagged pointer, mostly to a struct.
  Type pointer() {
    static const std::array<std::string, 6> tags{"kptr", "kptr_untrusted", "percpu_kptr", "kptr", "uptr", "user"};
    const std::array<Kind, 3> others{Kind::const_, Kind::type_tag, Kind::volatile_};
    TypeId target = structs_.empty() || spoiled(20) ? known_[dice_.below(known_.size())].id : dice_.one_of(structs_).id;
    if (spoiled(20)) target = word_;
    if (dice_.once_in(8) && (spoils_ || target == word_)) {
      const Kind kind = dice_.one_of(others);
      target = builder_.add(kind, kind == Kind::type_tag ? "more" : "", raw(target));
    }
    const std::string tag = dice_.one_of(tags);
    target = builder_.add(Kind::type_tag, spoiled(4) ? tag : "kptr_untrusted", raw(target), {}, 0, spoiled(20));
    target = builder_.add_ptr(target);
    if (dice_.once_in(6)) target = builder_.add(dice_.once_in(3) ? Kind::const_ : Kind::volatile_, {}, raw(target));
    return {target, 8, 8};
  }

  /// The type of a member; types for it alone are added to the BTF.
  Type member_type(bool may_lock) {
    const std::uint32_t choice = dice_.below(14);
    Type type{word_, 4, 4};
    if (choice < 9) {
      std::size_t which = dice_.below(may_lock ? known.size() : count);
      if (which == count && counted_) return type;
      counted_ |= which == count;
      type = known_[which > count ? lock_ : which];
    } else if (choice < 11) {
      type = pointer();
    } else if (choice < 13 && !inner_.empty()) {
      type = dice_.one_of(inner_);
    }
    if (dice_.once_in(5)) {
      const std::array<std::uint32_t, 6> lengths{1, 1, 2, 3, 12, 0};
      const std::uint32_t length = dice_.one_of(lengths);
      type = {builder_.add(Kind::array, {}, 0, {raw(type.id), raw(word_), length}), type.size * length, type.alignment};
    }
    if (spoiled(30)) type.id = builder_.add(Kind::const_, {}, raw(type.id));
    return type;
  }

  void add_struct(std::uint32_t number, bool may_lock) {
    counted_ = false;
    std::vector<Type> members;
    if (may_lock && !spoiled(5)) members.push_back(known_[lock_]);
    for (std::uint32_t i = dice_.below(dice_.once_in(10) ? 14 : 5); i > 0; --i) {
      members.push_back(member_type(may_lock));
    }
    const bool has_bits = spoiled(30);
    const TypeId id = builder_.add_composite(Kind::struct_, name(number), 0, has_bits);
    std::uint32_t offset = 0;
    for (std::uint32_t i = 0; i < members.size(); ++i) {
      if (!spoiled(20)) offset += (members[i].alignment - offset % members[i].alignment) % members[i].alignment;
      builder_.add_member("m" + std::to_string(spoiled(40) ? 0 : i), members[i].id, offset * 8);
      if (!spoiled(40)) offset += members[i].size;
      roots_.emplace_back(id, i);
    }
    if (has_bits) {
      builder_.add_member("bits", word_, offset * 8 + dice_.below(9), 3);
      offset += 4;
    }
    offset += 8 - offset % 8;
    builder_.record(id)[2] = offset;
    structs_.push_back({id, offset, 8});
    if (!may_lock) inner_.push_back(structs_.back());
  }

  /// What a member may contain, whether it is a root or not.
  void add_tag(TypeId type, std::uint32_t member) {
    if (spoiled(12)) return;
    std::string text = "contains:" + name(dice_.below(structs_.size() + (spoiled(20) ? 1 : 0)));
    if (!spoiled(30)) text += ":m" + std::to_string(dice_.below(4));
    if (spoiled(30)) text += ":";
    for (std::uint32_t times = spoiled(30) ? 2 : 1; times > 0; --times) {
      builder_.add(Kind::decl_tag, text, raw(type), {member});
    }
  }

  static std::string name(std::uint32_t number) { return "btfx_test_" + std::to_string(number); }

  Dice& dice_;
  bool spoils_;
  std::size_t lock_;      // which of `known`
  bool counted_ = false;  // the struct has its count
  BtfBuilder builder_;
  TypeId word_{};
  std::vector<Type> known_, structs_, inner_;
  std::vector<std::pair<TypeId, std::uint32_t>> roots_;
};

}  // namespace

Bytes special_btf(Dice& dice) {
  return SpecialTypes(dice).make();
}

}  // namespace btfx::test
