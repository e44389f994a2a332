// Which instructions of BPF programs can be reached, as far as constants decide it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "btf/bpf_object.h"

namespace btfx {

/// What an extern is, as far as a verifier knows it.
struct BpfExternValue {
  enum class Kind : std::uint8_t {
    data,     ///< the address of what does not change, but is not known here
    content,  ///< the address of `content`, which does not change
    null,     ///< 0
    address,  ///< an address, which is not 0
    outside,  ///< something of which the verifier does not know whether it is 0
  };

  Kind kind = Kind::data;
  std::string content = {};
  bool ends = false;  ///< a call of it may end the program
};

/// The functions of an object, by section and place, and what they refer to.
struct BpfCode {
  std::span<const BpfProgram> programs;
  std::span<const BpfReference> references;
  ByteOrder order = native_order;
  std::span<const BpfExternValue> externs = {};  ///< those that references name; what lies behind the end is `data`
};

/// Values in place of the immediates of a function, by instruction; nothing for one that is not known.
using Constants = std::unordered_map<std::uint32_t, std::optional<std::uint64_t>>;

enum class Reach : std::uint8_t {
  never,    ///< the constants exclude it
  perhaps,  ///< it can be avoided at a branch on what may depend on the constants in a way that is not followed
  surely,   ///< whatever such branches come to
};

/// Follows control from all programs into the functions that they call or take the address of. Constants are followed
/// through moves, arithmetic and branches, through the stack as far as every verifier keeps what is there, and into
/// the static functions of the object and back. A value from other program memory, from arithmetic not modelled, or
/// different on two paths *may* depend on the constants: the verifier may decide a branch that we cannot. Results of
/// helpers and global functions, and kernel memory, never do: both branches are taken.
///
/// The number of instructions, the state kept for each and the work are bounded.
class BpfReach {
 public:
  struct Options {
    bool globals_alone = false;  ///< whether the kernel verifies global functions also when nothing reached calls them
    bool optional = true;        ///< whether optional programs are loaded
  };
  /// `constants`: for each function.
  BpfReach(const BpfCode& code, std::span<const Constants> constants, const Options& options);

  /// Whether an instruction of a function is reached. In an object with more than can be followed all are, surely.
  [[nodiscard]] Reach of(std::size_t program, std::uint32_t insn);
  /// The programs that cannot come to their end without one of these instructions, wherever branches go that the
  /// constants do not decide: their indices, ascending. None in an object with more than can be followed.
  [[nodiscard]] std::vector<std::size_t> surely_meeting(std::span<const BpfPlace> places) const;
  /// Which parts of their contexts programs read, as far as the addresses are known.
  [[nodiscard]] std::vector<ContextRead> context_reads() const;
  /// Whether there was more than can be followed, so that `surely` may be said for want of knowing better.
  [[nodiscard]] bool gave_up() const { return !graph_ || work_ == 0; }

  /// What is reached. Nodes are instructions, by function.
  struct Graph {
    struct Node {
      bool reached = false, entry = false;
      bool depends = false;   ///< the verifier may know which way to take
      bool ends = false;      ///< the function may end here
      std::uint8_t ways = 0;  ///< that lead on
    };
    std::vector<std::uint32_t> first_node, size;  ///< of each function; no nodes when it is not reached
    std::vector<Node> nodes;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;  ///< to, from; sorted
    std::unordered_map<std::uint32_t, std::uint32_t> entered;    ///< functions, by the nodes that call them
    std::vector<ContextRead> reads;
  };

 private:
  [[nodiscard]] bool is_sure(std::uint32_t node);

  std::optional<Graph> graph_;       // nothing for too much code
  std::uint32_t work_ = 50'000'000;  // for all that is asked
};

}  // namespace btfx
