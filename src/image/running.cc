#include "image/running.h"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "base/endian.h"
#include "base/enum_table.h"
#include "base/error.h"
#include "base/fd.h"

namespace btfx {

namespace {

/// What the kernel calls one type of object: how to find the next one, how to open one.
struct TypeInfo {
  RunningType type;
  const char* word;
  bpf_cmd next, open;
};

const TypeInfo& info_of(RunningType type) {
  static constexpr std::array<TypeInfo, 3> table = {{
      {RunningType::btf, "BTF object", BPF_BTF_GET_NEXT_ID, BPF_BTF_GET_FD_BY_ID},
      {RunningType::program, "program", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID},
      {RunningType::map, "map", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID},
  }};
  static_assert(in_order(table, &TypeInfo::type));
  return table[static_cast<std::size_t>(type)];
}

long bpf(bpf_cmd command, bpf_attr& attribute) {
  return ::syscall(SYS_bpf, command, &attribute, sizeof attribute);
}

[[noreturn]] void fail(const std::string& what, int number) {
  if (number != EPERM && number != EACCES) throw system_error(what, number);
  throw Error(ErrorCode::io,
              system_error(what, number).sentence() + " (this needs root, or CAP_SYS_ADMIN and CAP_BPF)");
}

/// Nothing when there is no object of that id (any more).
std::optional<Fd> open_id(RunningType type, std::uint32_t id) {
  bpf_attr attribute{};
  attribute.btf_id = id;  // prog_id and map_id lie in the same place
  const long fd = bpf(info_of(type).open, attribute);
  if (fd >= 0) return Fd(static_cast<int>(fd));
  if (errno == ENOENT) return std::nullopt;
  fail(fmt::format("open {} {}", info_of(type).word, id), errno);
}

template <typename InfoWord>
void get_info(const Fd& handle, RunningType type, InfoWord& info) {
  bpf_attr attribute{};
  attribute.info.bpf_fd = static_cast<std::uint32_t>(handle.get());
  attribute.info.info_len = sizeof info;
  attribute.info.info = reinterpret_cast<std::uintptr_t>(&info);
  if (bpf(BPF_OBJ_GET_INFO_BY_FD, attribute) != 0) fail(fmt::format("read about a {}", info_of(type).word), errno);
}

template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return {field, ::strnlen(field, N)};
}

RunningObject describe(const Fd& handle, RunningType type) {
  RunningObject object{.type = type};
  if (type == RunningType::btf) {
    std::array<char, 128> name{};
    bpf_btf_info info{};
    info.name = reinterpret_cast<std::uintptr_t>(name.data());
    info.name_len = name.size();
    get_info(handle, type, info);
    object.id = object.btf_id = info.id;
    object.name = name.data();
    object.is_kernel = info.kernel_btf != 0;
    object.size = info.btf_size;
  } else if (type == RunningType::program) {
    bpf_prog_info info{};
    get_info(handle, type, info);
    object.id = info.id;
    object.name = text_of(info.name);
    object.btf_id = info.btf_id;
    object.tag = load<std::uint64_t>(reinterpret_cast<const std::byte*>(info.tag), ByteOrder::big);
  } else {
    bpf_map_info info{};
    get_info(handle, type, info);
    object.id = info.id;
    object.name = text_of(info.name);
    object.btf_id = info.btf_id;
    object.key_type = info.btf_key_type_id;
    object.value_type = info.btf_value_type_id;
  }
  return object;
}

template <typename Number>
Number parse(const RunningSelector& selector, int base) {
  Number number = 0;
  const char* end = selector.value.data() + selector.value.size();
  const auto [stop, failure] = std::from_chars(selector.value.data(), end, number, base);
  if (failure != std::errc{} || stop != end) {
    throw Error(ErrorCode::usage, fmt::format("'{}' is not {} of a {}", selector.value, base == 10 ? "an id" : "a tag",
                                              info_of(selector.type).word));
  }
  return number;
}

Error none(const RunningSelector& selector, const char* by) {
  return {ErrorCode::io,
          fmt::format("no {} with {} '{}' in the running kernel", info_of(selector.type).word, by, selector.value)};
}

/// The kernel has no direct way to ask which kind of object a pinned file is, and the info of another kind would be
/// nonsense.
void check_pinned_type(const Fd& handle, const RunningSelector& selector) {
  std::array<char, 64> target{};
  const std::string link = fmt::format("/proc/self/fd/{}", handle.get());
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  const std::string_view found(target.data(), length < 0 ? 0 : static_cast<std::size_t>(length));
  const std::string_view wanted = selector.type == RunningType::program ? "bpf-prog" : "bpf-map";
  if (found.find(wanted) == std::string_view::npos) {
    throw Error(ErrorCode::usage, fmt::format("is not a pinned {}", info_of(selector.type).word),
                {.file = selector.value});
  }
}

RunningObject find_pinned(const RunningSelector& selector) {
  bpf_attr attribute{};
  attribute.pathname = reinterpret_cast<std::uintptr_t>(selector.value.c_str());
  const long fd = bpf(BPF_OBJ_GET, attribute);
  if (fd < 0)
    throw system_error(fmt::format("open as a pinned {}", info_of(selector.type).word), errno, selector.value);
  const Fd handle(static_cast<int>(fd));
  check_pinned_type(handle, selector);
  return describe(handle, selector.type);
}

/// The type id, in its BTF, of a program's main function; 0 when the kernel does not know it.
std::uint32_t main_function(std::uint32_t program_id) {
  const std::optional<Fd> handle = open_id(RunningType::program, program_id);
  if (!handle) return 0;
  bpf_func_info function{};
  bpf_prog_info info{};
  info.nr_func_info = 1;
  info.func_info_rec_size = sizeof function;
  info.func_info = reinterpret_cast<std::uintptr_t>(&function);
  get_info(*handle, RunningType::program, info);
  return info.nr_func_info == 0 ? 0 : function.type_id;
}

/// Whether the object has that name. The kernel keeps only the first characters of a program's.
bool is_called(const RunningObject& object, const std::string& name, const FunctionName& function_name) {
  if (object.name == name) return true;
  const bool may_be_cut = object.type == RunningType::program && object.name.size() == BPF_OBJ_NAME_LEN - 1;
  if (!may_be_cut || object.btf_id == 0 || !name.starts_with(object.name)) return false;
  const std::uint32_t function = main_function(object.id);
  return function != 0 && function_name(object.btf_id, function) == name;
}

RunningObject find_any(const RunningSelector& selector, const FunctionName& function_name) {
  if (selector.by == SelectBy::pinned) return find_pinned(selector);
  if (selector.by == SelectBy::id) {
    const std::optional<Fd> handle = open_id(selector.type, parse<std::uint32_t>(selector, 10));
    if (!handle) throw none(selector, "id");
    return describe(*handle, selector.type);
  }
  const bool by_name = selector.by == SelectBy::name;
  const std::uint64_t tag = by_name ? 0 : parse<std::uint64_t>(selector, 16);
  std::vector<RunningObject> matches;
  for (RunningObject& object : running_objects(selector.type)) {
    const bool is_meant = by_name ? is_called(object, selector.value, function_name) : object.tag == tag;
    if (is_meant) matches.push_back(std::move(object));
  }
  if (matches.empty()) throw none(selector, by_name ? "name" : "tag");
  if (matches.size() > 1) {
    throw Error(ErrorCode::usage, fmt::format("{} objects are called '{}', among them {} and {}: name one by its id",
                                              matches.size(), selector.value, matches[0].id, matches[1].id));
  }
  return matches.front();
}

}  // namespace

std::vector<RunningObject> running_objects(RunningType type) {
  std::vector<RunningObject> objects;
  for (std::uint32_t id = 0;;) {
    bpf_attr attribute{};
    attribute.start_id = id;
    if (bpf(info_of(type).next, attribute) != 0) {
      if (errno == ENOENT) return objects;
      fail(fmt::format("list the {}s of the running kernel", info_of(type).word), errno);
    }
    id = attribute.next_id;
    if (const std::optional<Fd> handle = open_id(type, id)) objects.push_back(describe(*handle, type));
  }
}

RunningObject find_running(const RunningSelector& selector, const FunctionName& function_name) {
  RunningObject object = find_any(selector, function_name);
  if (object.btf_id == 0) {
    throw Error(ErrorCode::no_btf, fmt::format("{} {} has no BTF", info_of(object.type).word, object.id));
  }
  return object;
}

Bytes running_btf(std::uint32_t btf_id) {
  const std::optional<Fd> handle = open_id(RunningType::btf, btf_id);
  if (!handle) throw Error(ErrorCode::io, fmt::format("no BTF object with id {} in the running kernel", btf_id));
  std::vector<std::byte> buffer(describe(*handle, RunningType::btf).size);
  bpf_btf_info info{};
  info.btf = reinterpret_cast<std::uintptr_t>(buffer.data());
  info.btf_size = static_cast<std::uint32_t>(buffer.size());
  get_info(*handle, RunningType::btf, info);
  return Bytes(std::move(buffer));
}

}  // namespace btfx
