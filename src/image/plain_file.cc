#include "image/plain_file.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

namespace btfx {

bool is_plain_file(const std::filesystem::directory_entry& entry) {
  struct stat status {};
  if (::stat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (status.st_size != 0) return true;
  struct statfs system {};
  if (::statfs(entry.path().c_str(), &system) != 0) return false;
  return system.f_type != PROC_SUPER_MAGIC && system.f_type != TRACEFS_MAGIC && system.f_type != DEBUGFS_MAGIC;
}

}  // namespace btfx
