#include "emit/c/words.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace btfx {

namespace {

// And a typedef of compilers, whose name no tag can have in C++.
constexpr auto cplusplus_keywords = std::to_array<std::string_view>({"__builtin_va_list",
                                                                     "alignas",
                                                                     "alignof",
                                                                     "and",
                                                                     "and_eq",
                                                                     "asm",
                                                                     "bitand",
                                                                     "bitor",
                                                                     "bool",
                                                                     "catch",
                                                                     "char16_t",
                                                                     "char32_t",
                                                                     "char8_t",
                                                                     "class",
                                                                     "co_await",
                                                                     "co_return",
                                                                     "co_yield",
                                                                     "compl",
                                                                     "concept",
                                                                     "const_cast",
                                                                     "consteval",
                                                                     "constexpr",
                                                                     "constinit",
                                                                     "decltype",
                                                                     "delete",
                                                                     "dynamic_cast",
                                                                     "explicit",
                                                                     "export",
                                                                     "false",
                                                                     "friend",
                                                                     "mutable",
                                                                     "namespace",
                                                                     "new",
                                                                     "noexcept",
                                                                     "not",
                                                                     "not_eq",
                                                                     "nullptr",
                                                                     "operator",
                                                                     "or",
                                                                     "or_eq",
                                                                     "private",
                                                                     "protected",
                                                                     "public",
                                                                     "reinterpret_cast",
                                                                     "requires",
                                                                     "static_assert",
                                                                     "static_cast",
                                                                     "template",
                                                                     "this",
                                                                     "thread_local",
                                                                     "throw",
                                                                     "true",
                                                                     "try",
                                                                     "typeid",
                                                                     "typename",
                                                                     "using",
                                                                     "virtual",
                                                                     "wchar_t",
                                                                     "xor",
                                                                     "xor_eq"});
static_assert(std::ranges::is_sorted(cplusplus_keywords));

constexpr auto libc_names = std::to_array<std::string_view>({"blkcnt64_t",
                                                             "blkcnt_t",
                                                             "blksize_t",
                                                             "bool",
                                                             "caddr_t",
                                                             "clock_t",
                                                             "clockid_t",
                                                             "daddr_t",
                                                             "dev_t",
                                                             "false",
                                                             "fd_mask",
                                                             "fd_set",
                                                             "fsblkcnt64_t",
                                                             "fsblkcnt_t",
                                                             "fsfilcnt64_t",
                                                             "fsfilcnt_t",
                                                             "fsid_t",
                                                             "gid_t",
                                                             "id_t",
                                                             "ino64_t",
                                                             "ino_t",
                                                             "int16_t",
                                                             "int32_t",
                                                             "int64_t",
                                                             "int8_t",
                                                             "int_fast16_t",
                                                             "int_fast32_t",
                                                             "int_fast64_t",
                                                             "int_fast8_t",
                                                             "int_least16_t",
                                                             "int_least32_t",
                                                             "int_least64_t",
                                                             "int_least8_t",
                                                             "intmax_t",
                                                             "intptr_t",
                                                             "key_t",
                                                             "loff_t",
                                                             "max_align_t",
                                                             "mode_t",
                                                             "nlink_t",
                                                             "off64_t",
                                                             "off_t",
                                                             "pid_t",
                                                             "pthread_attr_t",
                                                             "pthread_barrier_t",
                                                             "pthread_barrierattr_t",
                                                             "pthread_cond_t",
                                                             "pthread_condattr_t",
                                                             "pthread_key_t",
                                                             "pthread_mutex_t",
                                                             "pthread_mutexattr_t",
                                                             "pthread_once_t",
                                                             "pthread_rwlock_t",
                                                             "pthread_rwlockattr_t",
                                                             "pthread_spinlock_t",
                                                             "pthread_t",
                                                             "ptrdiff_t",
                                                             "quad_t",
                                                             "register_t",
                                                             "sigset_t",
                                                             "size_t",
                                                             "ssize_t",
                                                             "suseconds_t",
                                                             "time_t",
                                                             "timer_t",
                                                             "timespec",
                                                             "timeval",
                                                             "true",
                                                             "u_char",
                                                             "u_int",
                                                             "u_int16_t",
                                                             "u_int32_t",
                                                             "u_int64_t",
                                                             "u_int8_t",
                                                             "u_long",
                                                             "u_quad_t",
                                                             "u_short",
                                                             "uid_t",
                                                             "uint",
                                                             "uint16_t",
                                                             "uint32_t",
                                                             "uint64_t",
                                                             "uint8_t",
                                                             "uint_fast16_t",
                                                             "uint_fast32_t",
                                                             "uint_fast64_t",
                                                             "uint_fast8_t",
                                                             "uint_least16_t",
                                                             "uint_least32_t",
                                                             "uint_least64_t",
                                                             "uint_least8_t",
                                                             "uintmax_t",
                                                             "uintptr_t",
                                                             "ulong",
                                                             "useconds_t",
                                                             "ushort",
                                                             "wchar_t",
                                                             "wint_t"});
static_assert(std::ranges::is_sorted(libc_names));

/// A sorted list of words that names are looked up in, hardly any of which is one: most are told by their first two
/// letters, and by the first and the length.
template <std::size_t count>
class WordList {
 public:
  explicit constexpr WordList(const std::array<std::string_view, count>& words) : words_(words) {
    for (const std::string_view word : words) {
      lengths(word) |= std::uint32_t{1} << word.size();
      seconds_[static_cast<unsigned char>(word[0])] |= second_bit(word[1]);
    }
  }

  [[nodiscard]] bool contains(const char* name) const {
    if (*name == '\0' || (seconds_[static_cast<unsigned char>(*name)] & second_bit(name[1])) == 0) return false;
    return contains(std::string_view(name));
  }

  [[nodiscard]] bool contains(std::string_view name) const {
    if (name.empty() || name.size() > longest || (lengths(name) >> name.size() & 1) == 0) return false;
    return std::ranges::binary_search(words_, name);
  }

 private:
  static constexpr std::size_t longest = 31;

  /// Small letters have bits of their own; the others share them.
  static constexpr std::uint32_t second_bit(char letter) {
    return std::uint32_t{1} << (static_cast<unsigned char>(letter) % 32);
  }
  constexpr std::uint32_t& lengths(std::string_view word) { return lengths_[static_cast<unsigned char>(word[0])]; }
  [[nodiscard]] constexpr std::uint32_t lengths(std::string_view word) const {
    return lengths_[static_cast<unsigned char>(word[0])];
  }

  std::array<std::string_view, count> words_;
  std::array<std::uint32_t, 256> seconds_{};  // letters of the words that begin with a letter
  std::array<std::uint32_t, 256> lengths_{};  // of the words that begin with a letter, a bit for each length
};

constexpr WordList keyword_list(cplusplus_keywords);
constexpr WordList libc_list(libc_names);

}  // namespace

bool is_cplusplus_keyword(const char* word) {
  return keyword_list.contains(word);
}

bool is_libc_name(const char* name) {
  return libc_list.contains(name);
}

}  // namespace btfx
