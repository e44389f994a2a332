#include "kernel/kernel_load.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "btf/builder.h"

namespace btfx::test {

KernelAnswer load_into_kernel(ByteView blob, std::size_t log_room) {
  static std::vector<char> log;
  if (log.size() < log_room) log.resize(log_room);
  log[0] = '\0';
  union bpf_attr attributes = {};
  attributes.btf = reinterpret_cast<std::uintptr_t>(blob.data());
  attributes.btf_size = static_cast<std::uint32_t>(blob.size());
  attributes.btf_log_buf = reinterpret_cast<std::uintptr_t>(log.data());
  attributes.btf_log_size = static_cast<std::uint32_t>(log.size());
  attributes.btf_log_level = 1;
  const long fd = syscall(SYS_bpf, BPF_BTF_LOAD, &attributes, sizeof attributes);
  KernelAnswer answer;
  if (fd < 0) {
    answer.error = errno;
  } else {
    close(static_cast<int>(fd));
  }
  answer.log = log.data();
  return answer;
}

std::optional<std::string> kernel_refusal() {
  BtfBuilder builder;
  builder.add_int("int", 4, 1);
  const Bytes blob = builder.finish(native_order, BtfHeader::old_length);
  const KernelAnswer answer = load_into_kernel(blob.view(), 4096);
  if (answer.error == 0) return std::nullopt;
  return std::string("bpf(BPF_BTF_LOAD): ") + std::strerror(answer.error);
}

}  // namespace btfx::test
