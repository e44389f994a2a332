#include "btf/spelling.h"

#include <fmt/format.h>

namespace btfx {

namespace {

constexpr int max_steps = 128;  // of one chain of pointers, modifiers and arrays
constexpr int max_depth = 16;   // of prototypes within prototypes

std::string_view tag_of(TypeView type) {
  switch (type.kind()) {
    case Kind::struct_:
      return "struct ";
    case Kind::union_:
      return "union ";
    case Kind::enum_:
    case Kind::enum64:
      return "enum ";
    case Kind::fwd:
      return type.kind_flag() ? "union " : "struct ";
    default:
      return {};
  }
}

/// The name of a type that ends a chain.
std::string end_name(TypeView type) {
  if (type.kind() == Kind::unkn) return "void";
  if (type.kind() == Kind::datasec) return fmt::format("section {}", type.name());
  if (!is_known(type.kind())) return fmt::format("<kind {}> {}", static_cast<unsigned>(type.kind()), type.name());
  const std::string_view tag = tag_of(type);
  if (!type.name().empty()) return fmt::format("{}{}", tag, type.name());
  return tag.empty() ? fmt::format("<anonymous {}>", kind_info(type.kind()).name) : fmt::format("{}{{...}}", tag);
}

class Speller {
 public:
  explicit Speller(const Btf& btf) : btf_(btf) {}

  std::string spell(TypeId id, std::string declarator, int depth) {
    std::string before, after;  // qualifiers and type tags of what comes next in the chain
    bool behind_pointer = false;
    const auto enclose = [&] {
      if (behind_pointer) declarator = "(" + declarator + ")";
      behind_pointer = false;
      before.clear();
      after.clear();
    };
    for (int step = 0; step < max_steps && declarator.size() < max_spelling; ++step) {
      const TypeView type = btf_.type(id);
      switch (type.kind()) {
        case Kind::const_:
          before += "const ";
          break;
        case Kind::volatile_:
          before += "volatile ";
          break;
        case Kind::restrict_:
          before += "restrict ";
          break;
        case Kind::type_tag:
          after +=
              type.kind_flag() ? fmt::format(" __attribute__(({}))", type.name()) : fmt::format(" __{}", type.name());
          break;
        case Kind::ptr: {
          std::string qualified = "*" + before + (after.empty() ? "" : after.substr(1) + " ");
          if (declarator.empty() && qualified.back() == ' ') qualified.pop_back();
          declarator = qualified + declarator;
          behind_pointer = true;
          before.clear();
          after.clear();
          break;
        }
        case Kind::array: {
          // Qualifiers of an array are those of its elements.
          const std::string kept_before = before, kept_after = after;
          enclose();
          before = kept_before;
          after = kept_after;
          declarator += fmt::format("[{}]", type.element_count());
          id = type.element();
          continue;
        }
        case Kind::func_proto:
          enclose();
          declarator += parameters(type, depth);
          break;
        case Kind::decl_tag:
        case Kind::func:
        case Kind::var:
          if (declarator.empty()) declarator = type.name();
          break;
        default: {
          std::string result = before + end_name(type) + after;
          if (declarator.empty()) return result;
          if (declarator[0] != '[') result += ' ';
          return result + declarator;
        }
      }
      id = type.target();
    }
    return "... " + declarator;
  }

 private:
  std::string parameters(TypeView prototype, int depth) {
    if (depth >= max_depth) return "(...)";
    const std::uint32_t count = prototype.vlen();
    if (count == 0 || (count == 1 && prototype.param(0).type == void_id)) return "(void)";
    std::string result = "(";
    for (std::uint32_t i = 0; i < count; ++i) {
      if (i != 0) result += ", ";
      const Param param = prototype.param(i);
      const std::string_view name = btf_.string(param.name);
      if (result.size() + spelled_ > max_spelling || (param.type == void_id && name.empty() && i + 1 == count)) {
        result += "...";
        break;
      }
      result += spell(param.type, std::string(name), depth + 1);
    }
    spelled_ += result.size();
    return result + ")";
  }

  const Btf& btf_;
  std::size_t spelled_ = 0;  // of parameter lists so far
};

}  // namespace

std::string spell_type(const Btf& btf, TypeId id, std::string_view declared) {
  std::string result = Speller(btf).spell(id, std::string(declared), 0);
  if (result.size() > 2 * max_spelling) result.replace(2 * max_spelling, std::string::npos, "...");
  return result;
}

std::string encoding_name(std::uint32_t encoding) {
  switch (encoding) {
    case 0:
      return "unsigned";
    case 1:
      return "signed";
    case 2:
      return "char";
    case 3:
      return "signed char";
    case 4:
      return "bool";
    default:
      return fmt::format("encoding {}", encoding);
  }
}

std::string spell_name(TypeView type) {
  switch (type.kind()) {
    case Kind::typedef_:
      return fmt::format("typedef {}", type.name());
    case Kind::func:
      return fmt::format("func {}", type.name());
    case Kind::var:
      return fmt::format("var {}", type.name());
    case Kind::decl_tag:
      return fmt::format("tag {}", type.name());
    default:
      return end_name(type);
  }
}

}  // namespace btfx
