// Words that a header had better not use as names.
#pragma once

namespace btfx {

/// Whether C++ (up to C++20) reserves the word, but C, as kernels are written in it, does not.
bool is_cplusplus_keyword(const char* word);

/// Whether <stdint.h>, <stddef.h>, <stdbool.h> or <sys/types.h>, with what they include, give the name a meaning in a C
/// library: glibc, musl.
bool is_libc_name(const char* name);

}  // namespace btfx
