// The BTF objects, programs and maps of the running kernel, through the bpf() system call.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace btfx {

enum class RunningType { btf, program, map };

/// One object of the running kernel.
struct RunningObject {
  RunningType type = RunningType::btf;
  std::uint32_t id = 0;
  /// Of a BTF object: "vmlinux" or the module; empty for one that a program brought along. Of a program or map at most
  /// 15 characters.
  std::string name = {};
  std::uint32_t btf_id = 0;                    ///< the BTF object it uses, or is; 0: none
  bool is_kernel = false;                      ///< BTF of the kernel or a module, not loaded through bpf()
  std::uint32_t size = 0;                      ///< of a BTF object, in bytes
  std::uint32_t key_type = 0, value_type = 0;  ///< of a map: type ids in its BTF, 0 for none
  std::uint64_t tag = 0;                       ///< of a program, as its hex digits read
};

/// All objects of one type, by ascending id. Objects that vanish meanwhile are left out. Throws Error(io), also when
/// the kernel does not permit it.
std::vector<RunningObject> running_objects(RunningType type);

enum class SelectBy { id, name, tag, pinned };

/// How a user names one object.
struct RunningSelector {
  RunningType type = RunningType::btf;
  SelectBy by = SelectBy::id;
  std::string value;
};

/// The name, in the BTF object `btf_id`, of the function of that type id; empty when there is none.
using FunctionName = std::function<std::string(std::uint32_t btf_id, std::uint32_t type_id)>;

/// The one object that is meant. A program may be selected by its full name, that of its main function. Throws
/// Error(usage) when the value makes no sense or several objects bear the name, Error(io) when there is none, and
/// Error(no_btf) when it has no BTF.
RunningObject find_running(const RunningSelector& selector, const FunctionName& function_name);

/// The bytes of a BTF object. Throws Error(io).
Bytes running_btf(std::uint32_t btf_id);

}  // namespace btfx
