// The functions of libarchive that btfx calls, each of which calls the real one once the library is loaded.
//
// Loading libarchive brings eight other libraries with it, one of them of 32 MB, which takes a quarter of the time that
// btfx needs to start; and most runs read nothing that is packed. So btfx is not linked with it: these stand in.
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <string>

#include "base/error.h"

namespace {

/// The library, or why it cannot be loaded.
struct Library {
  void* handle = ::dlopen(BTFX_LIBARCHIVE, RTLD_NOW | RTLD_LOCAL);
  std::string failure = handle == nullptr ? last_failure() : std::string();

  static std::string last_failure() {
    const char* const why = ::dlerror();  // NOLINT(concurrency-mt-unsafe): each thread has its own
    return why != nullptr ? why : BTFX_LIBARCHIVE;
  }
};

void* symbol(const char* name) {
  static const Library library;
  void* const found = library.handle != nullptr ? ::dlsym(library.handle, name) : nullptr;
  if (found != nullptr) return found;
  throw btfx::Error(btfx::ErrorCode::unsupported,
                    fmt::format("is packed, and the library that unpacks cannot be loaded: {}",
                                library.handle != nullptr ? Library::last_failure() : library.failure));
}

/// The real function of that name and type.
template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(symbol(name));
}

}  // namespace

// What archive.h and archive_entry.h describe, where parameters have other names.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)

mode_t archive_entry_filetype(archive_entry* a) {
  static auto* const call = real<decltype(archive_entry_filetype)>(__func__);
  return call(a);
}
void archive_entry_free(archive_entry* a) {
  static auto* const call = real<decltype(archive_entry_free)>(__func__);
  return call(a);
}
const char* archive_entry_hardlink(archive_entry* a) {
  static auto* const call = real<decltype(archive_entry_hardlink)>(__func__);
  return call(a);
}
archive_entry* archive_entry_new() {
  static auto* const call = real<decltype(archive_entry_new)>(__func__);
  return call();
}
unsigned archive_entry_nlink(archive_entry* a) {
  static auto* const call = real<decltype(archive_entry_nlink)>(__func__);
  return call(a);
}
const char* archive_entry_pathname(archive_entry* a) {
  static auto* const call = real<decltype(archive_entry_pathname)>(__func__);
  return call(a);
}
void archive_entry_set_filetype(archive_entry* a, unsigned b) {
  static auto* const call = real<decltype(archive_entry_set_filetype)>(__func__);
  return call(a, b);
}
la_int64_t archive_entry_size(archive_entry* a) {
  static auto* const call = real<decltype(archive_entry_size)>(__func__);
  return call(a);
}
int archive_entry_size_is_set(archive_entry* a) {
  static auto* const call = real<decltype(archive_entry_size_is_set)>(__func__);
  return call(a);
}
const char* archive_error_string(archive* a) {
  static auto* const call = real<decltype(archive_error_string)>(__func__);
  return call(a);
}
int archive_read_append_filter(archive* a, int b) {
  static auto* const call = real<decltype(archive_read_append_filter)>(__func__);
  return call(a, b);
}
la_ssize_t archive_read_data(archive* a, void* b, std::size_t c) {
  static auto* const call = real<decltype(archive_read_data)>(__func__);
  return call(a, b, c);
}
int archive_read_data_block(archive* a, const void** b, std::size_t* c, la_int64_t* d) {
  static auto* const call = real<decltype(archive_read_data_block)>(__func__);
  return call(a, b, c, d);
}
int archive_read_free(archive* a) {
  static auto* const call = real<decltype(archive_read_free)>(__func__);
  return call(a);
}
archive* archive_read_new() {
  static auto* const call = real<decltype(archive_read_new)>(__func__);
  return call();
}
int archive_read_next_header(archive* a, archive_entry** b) {
  static auto* const call = real<decltype(archive_read_next_header)>(__func__);
  return call(a, b);
}
int archive_read_open2(archive* a, void* b, archive_open_callback* c, archive_read_callback* d,
                       archive_skip_callback* e, archive_close_callback* f) {
  static auto* const call = real<decltype(archive_read_open2)>(__func__);
  return call(a, b, c, d, e, f);
}
int archive_read_support_filter_bzip2(archive* a) {
  static auto* const call = real<decltype(archive_read_support_filter_bzip2)>(__func__);
  return call(a);
}
int archive_read_support_filter_gzip(archive* a) {
  static auto* const call = real<decltype(archive_read_support_filter_gzip)>(__func__);
  return call(a);
}
int archive_read_support_filter_lz4(archive* a) {
  static auto* const call = real<decltype(archive_read_support_filter_lz4)>(__func__);
  return call(a);
}
int archive_read_support_filter_lzma(archive* a) {
  static auto* const call = real<decltype(archive_read_support_filter_lzma)>(__func__);
  return call(a);
}
int archive_read_support_filter_xz(archive* a) {
  static auto* const call = real<decltype(archive_read_support_filter_xz)>(__func__);
  return call(a);
}
int archive_read_support_filter_zstd(archive* a) {
  static auto* const call = real<decltype(archive_read_support_filter_zstd)>(__func__);
  return call(a);
}
int archive_read_support_format_ar(archive* a) {
  static auto* const call = real<decltype(archive_read_support_format_ar)>(__func__);
  return call(a);
}
int archive_read_support_format_cpio(archive* a) {
  static auto* const call = real<decltype(archive_read_support_format_cpio)>(__func__);
  return call(a);
}
int archive_read_support_format_raw(archive* a) {
  static auto* const call = real<decltype(archive_read_support_format_raw)>(__func__);
  return call(a);
}
int archive_read_support_format_tar(archive* a) {
  static auto* const call = real<decltype(archive_read_support_format_tar)>(__func__);
  return call(a);
}
int archive_write_add_filter_bzip2(archive* a) {
  static auto* const call = real<decltype(archive_write_add_filter_bzip2)>(__func__);
  return call(a);
}
int archive_write_add_filter_gzip(archive* a) {
  static auto* const call = real<decltype(archive_write_add_filter_gzip)>(__func__);
  return call(a);
}
int archive_write_add_filter_lz4(archive* a) {
  static auto* const call = real<decltype(archive_write_add_filter_lz4)>(__func__);
  return call(a);
}
int archive_write_add_filter_lzma(archive* a) {
  static auto* const call = real<decltype(archive_write_add_filter_lzma)>(__func__);
  return call(a);
}
int archive_write_add_filter_zstd(archive* a) {
  static auto* const call = real<decltype(archive_write_add_filter_zstd)>(__func__);
  return call(a);
}
int archive_write_close(archive* a) {
  static auto* const call = real<decltype(archive_write_close)>(__func__);
  return call(a);
}
la_ssize_t archive_write_data(archive* a, const void* b, std::size_t c) {
  static auto* const call = real<decltype(archive_write_data)>(__func__);
  return call(a, b, c);
}
int archive_write_free(archive* a) {
  static auto* const call = real<decltype(archive_write_free)>(__func__);
  return call(a);
}
int archive_write_header(archive* a, archive_entry* b) {
  static auto* const call = real<decltype(archive_write_header)>(__func__);
  return call(a, b);
}
archive* archive_write_new() {
  static auto* const call = real<decltype(archive_write_new)>(__func__);
  return call();
}
int archive_write_open(archive* a, void* b, archive_open_callback* c, archive_write_callback* d,
                       archive_close_callback* e) {
  static auto* const call = real<decltype(archive_write_open)>(__func__);
  return call(a, b, c, d, e);
}
int archive_write_set_bytes_in_last_block(archive* a, int b) {
  static auto* const call = real<decltype(archive_write_set_bytes_in_last_block)>(__func__);
  return call(a, b);
}
int archive_write_set_filter_option(archive* a, const char* b, const char* c, const char* d) {
  static auto* const call = real<decltype(archive_write_set_filter_option)>(__func__);
  return call(a, b, c, d);
}
int archive_write_set_format_raw(archive* a) {
  static auto* const call = real<decltype(archive_write_set_format_raw)>(__func__);
  return call(a);
}

/// No function takes the arguments of another one with `...`.
void archive_set_error(archive* a, int number, const char* format, ...) {
  char text[1024] = {};
  std::va_list arguments;
  va_start(arguments, format);
  static_cast<void>(std::vsnprintf(text, sizeof text, format, arguments));
  va_end(arguments);
  static auto* const call = real<decltype(archive_set_error)>(__func__);
  call(a, number, "%s", text);
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
