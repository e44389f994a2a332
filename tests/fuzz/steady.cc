// What makes libFuzzer programs repeatable: from the same seed and corpus they make the same inputs each time.
//
// Names are hashed with random keys, and where a name lies in a table changes which branches run: here getrandom()
// takes the place of libc's, and gives the same each time. What two threads do between them is not counted.
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "fuzz.h"

extern "C" {
// The counters of branches: the linker puts these symbols around their section.
extern std::uint8_t counters_begin[] __asm__("__start___sancov_cntrs");
extern std::uint8_t counters_end[] __asm__("__stop___sancov_cntrs");

ssize_t getrandom(void* buffer, std::size_t size, unsigned /*flags*/) {
  static std::atomic<std::uint64_t> drawn{0};
  auto* at = static_cast<unsigned char*>(buffer);
  for (std::size_t done = 0; done < size; done += sizeof(std::uint64_t)) {
    std::uint64_t value = ++drawn * 0x9e3779b97f4a7c15;  // the steps of splitmix64
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    value ^= value >> 31;
    std::memcpy(at + done, &value, std::min(sizeof value, size - done));
  }
  return static_cast<ssize_t>(size);
}
}

void btfx::test::uncounted(const std::function<void()>& action) {
  const std::vector<std::uint8_t> counted(counters_begin, counters_end);
  action();
  std::ranges::copy(counted, counters_begin);
}
