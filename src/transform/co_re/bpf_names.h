// What the kernel's uapi/linux/bpf.h calls helpers and types of maps, for messages about kernels that do not have them.
#pragma once

#include <cstdint>
#include <string>

namespace btfx {

/// `bpf_ringbuf_output (130)` for enum bpf_func_id; `helper 1000` for one that has no name here.
std::string helper_name(std::uint32_t number);

/// `BPF_MAP_TYPE_ARENA (33)` for enum bpf_map_type; `map type 1000` for one that has no name here.
std::string map_type_name(std::uint32_t number);

}  // namespace btfx
