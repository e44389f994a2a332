#include "btf/evidence.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/error.h"
#include "btf/fields.h"

namespace btfx {

namespace {

constexpr std::size_t most_examples = 3;

/// The strings that an offset can lie in, of a BTF and all its bases.
class StringSpace {
 public:
  explicit StringSpace(const Btf& btf) : btf_(btf) {}

  /// Where the string begins that holds the byte at `offset`.
  [[nodiscard]] std::uint32_t beginning(std::uint32_t offset) const {
    const Btf* btf = &btf_;
    while (offset < btf->string_start()) btf = btf->base().get();
    const std::string_view strings = btf->own_strings();
    std::size_t at = offset - btf->string_start();
    while (at > 0 && strings[at - 1] != '\0') --at;
    return btf->string_start() + static_cast<std::uint32_t>(at);
  }

  [[nodiscard]] bool begins(std::uint32_t offset) const {
    const Btf* btf = &btf_;
    while (offset < btf->string_start()) btf = btf->base().get();
    return offset == btf->string_start() || btf->own_strings()[offset - btf->string_start() - 1] == '\0';
  }

 private:
  const Btf& btf_;
};

}  // namespace

BaseEvidence weigh_base(const Btf& btf) {
  BaseEvidence evidence;
  const StringSpace space(btf);
  for (TypeId id = btf.first_id(); id != btf.end_id(); ++id) {
    const TypeView type = btf.type(id);
    if (!is_known(type.kind())) continue;
    visit_names(type.words().data(), [&](std::uint32_t name) {
      if (name == 0) return;
      ++evidence.names;
      if (space.begins(name)) return;
      ++evidence.misplaced;
      if (evidence.examples.size() < most_examples) evidence.examples.push_back({id, StringOffset{name}});
    });
  }
  return evidence;
}

std::string describe(const BaseEvidence& evidence, const Btf& btf) {
  const BaseEvidence::Misplaced& example = evidence.examples.front();
  const std::uint32_t beginning = StringSpace(btf).beginning(raw(example.offset));
  return fmt::format("{} of {} names begin inside a string, as '{}' in '{}' ({}, type {})", evidence.misplaced,
                     evidence.names, btf.string(example.offset), btf.string(StringOffset{beginning}),
                     info(btf.type(example.type).kind()).name, raw(example.type));
}

BtfPtr parse_on_base(Bytes blob, const BtfPtr& base, unsigned pointer_size) {
  BtfPtr btf;
  try {
    btf = Btf::parse(std::move(blob), base, pointer_size);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::malformed || !error.place().type_id) throw;
    throw Error(error.code(), error.sentence() + "; it may have been built against another base", error.place());
  }
  if (const BaseEvidence evidence = weigh_base(*btf); !evidence.belongs()) {
    throw Error(ErrorCode::refused, "does not belong to this base: " + describe(evidence, *btf));
  }
  return btf;
}

bool is_standalone(const Bytes& blob) {
  try {
    return weigh_base(*Btf::parse(blob)).belongs();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace btfx
