// What a kernel says of itself beside its types and configuration: its banner and its symbols.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "image/image.h"
#include "image/source.h"

namespace btfx {

/// The "Linux version" banner of the kernel that an image is of, for the running kernel's BTF what the system says;
/// empty when it is not known.
std::string banner_of_base(const Image& image, const SearchPaths& paths = SearchPaths::system());

/// The version that Ubuntu's running kernel tells in a file of its own (`Ubuntu 5.15.0-91.101-generic 5.15.131`), which
/// is not in its banner; empty for others.
std::string running_signature(const SearchPaths& paths = SearchPaths::system());

/// Reads a configuration from a file, which may be compressed. Throws Error.
std::string read_config(const std::string& path);

/// How many different addresses the running kernel has for each of these symbols. Nothing when it does not tell.
std::optional<std::unordered_map<std::string, std::size_t>> running_symbols(
    const std::unordered_set<std::string>& wanted, const SearchPaths& paths = SearchPaths::system());

}  // namespace btfx
