// Takes the place of libc's getrandom() in libFuzzer programs. Names are hashed with random keys, and where a name lies
// in a table changes which branches run: with the same keys each time, the same seed makes the same inputs.
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" ssize_t getrandom(void* buffer, std::size_t size, unsigned /*flags*/) {
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
