#include "image/plain_file.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <algorithm>
#include <system_error>
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

}  // namespace

bool is_plain_file(const fs::directory_entry& entry) {
  struct stat status {};
  if (::stat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  return status.st_size != 0 || is_in_plain_system(entry.path().c_str());
}

std::vector<Error> for_each_plain_file(const std::string& directory, bool descends,
                                       const std::function<void(const fs::path&)>& take) {
  std::vector<Error> unread;
  std::vector<std::string> pending{directory};
  while (!pending.empty()) {
    const std::string at = std::move(pending.back());
    pending.pop_back();
    // Where the directory tells what each entry is, its files need not be asked: that is most of the time of a walk.
    const bool is_plain = is_in_plain_system(at.c_str());
    std::error_code failure;
    for (fs::directory_iterator entry(at, failure); !failure && entry != fs::directory_iterator();
         entry.increment(failure)) {
      std::error_code ignored;
      const bool is_link = entry->is_symlink(ignored);
      if (!is_link && entry->is_directory(ignored)) {
        if (descends) pending.push_back(entry->path().string());
      } else if ((is_plain && !is_link && entry->is_regular_file(ignored)) || is_plain_file(*entry)) {
        take(entry->path());
      }
    }
    if (failure) unread.push_back(system_error("read the directory", failure.value(), at));
  }
  std::ranges::sort(unread, {}, [](const Error& error) { return error.place().file; });
  return unread;
}

}  // namespace btfx
