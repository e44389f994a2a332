#include "image/plain_file.h"

#include <dirent.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>

namespace btfx {

namespace fs = std::filesystem;

namespace {

/// Whether a path lies in a file system whose files are stored, rather than made up.
bool is_in_plain_system(const char* path) {
  struct statfs system {};
  if (::statfs(path, &system) != 0) return false;
  return system.f_type != PROC_SUPER_MAGIC && system.f_type != TRACEFS_MAGIC && system.f_type != DEBUGFS_MAGIC;
}

bool is_plain_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  return status.st_size != 0 || is_in_plain_system(path.c_str());
}

/// DT_* of a directory entry, also where the directory does not tell.
unsigned char type_of(const dirent& entry, const std::string& path) {
  struct stat status {};
  if (entry.d_type != DT_UNKNOWN || ::lstat(path.c_str(), &status) != 0) return entry.d_type;
  return static_cast<unsigned char>(IFTODT(status.st_mode));
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// Calls `take(path, type)` for each entry of a directory but itself and its parent, with its DT_*. Returns errno, or
/// 0.
template <typename Take>
int for_each_entry(const std::string& directory, const Take& take) {
  // Not by std::filesystem, which takes each path apart: that is a third of the time of a walk.
  const std::unique_ptr<DIR, CloseDirectory> stream(::opendir(directory.c_str()));
  if (!stream) return errno;
  const std::string prefix = directory.ends_with('/') ? directory : directory + '/';
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe): each stream has one thread
    if (entry == nullptr) return errno;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    std::string path = prefix + entry->d_name;
    const unsigned char type = type_of(*entry, path);
    take(std::move(path), type);
  }
}

}  // namespace

bool is_plain_file(const fs::directory_entry& entry) {
  return is_plain_file(entry.path().string());
}

std::vector<Error> for_each_plain_file(const std::string& directory, bool descends,
                                       const std::function<void(const std::string&)>& take) {
  std::vector<Error> unread;
  std::vector<std::string> pending{directory};
  while (!pending.empty()) {
    const std::string at = std::move(pending.back());
    pending.pop_back();
    // Where the directory tells what each entry is, its files need not be asked: that is most of the time of a walk.
    const bool is_plain = is_in_plain_system(at.c_str());
    const int failure = for_each_entry(at, [&](std::string path, unsigned char type) {
      if (type == DT_DIR) {
        if (descends) pending.push_back(std::move(path));
      } else if ((is_plain && type == DT_REG) || is_plain_file(path)) {
        take(path);
      }
    });
    if (failure != 0) unread.push_back(system_error("read the directory", failure, at));
  }
  std::ranges::sort(unread, {}, [](const Error& error) { return error.place().file; });
  return unread;
}

}  // namespace btfx
