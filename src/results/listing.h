// What `btfx list` finds in one source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "btf/load.h"

namespace btfx {

/// One source, looked at. Empty strings and absent values: there is none, or it is not known.
struct Listing {
  std::string source;
  std::string file = {};  ///< what it is without wrappings: raw, module, vmlinux, kernel, bpf, object, elf
  std::vector<std::string> wrappings = {};
  std::vector<std::pair<std::string, std::uint64_t>> sections = {};  ///< name and bytes, unpacked, of those about BTF
  std::optional<std::uint32_t> types = {}, strings = {};             ///< of .BTF itself, without its base
  std::optional<Relation> relation = {};
  std::optional<ByteOrder> order = {};
  std::string build_id = {}, release = {};
  std::size_t part = 1, parts = 1;  ///< which of how many BTFs in one section
};

/// A BTF object of the running kernel, and what uses it.
struct ListedObject {
  std::uint32_t id = 0;
  std::string name = {};
  bool is_kernel = false;                               ///< vmlinux or a module
  std::uint32_t size = 0;                               ///< bytes
  std::vector<std::uint32_t> programs = {}, maps = {};  ///< their ids
};

}  // namespace btfx
