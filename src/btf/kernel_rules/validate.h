// Would the kernel take this BTF? Its rules, applied to raw bytes, with its own words: what it refuses on load, the
// number it returns and the text it logs. Source: kernel/bpf/btf.c of the generations that KernelRules describes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "base/findings.h"
#include "btf/btf.h"
#include "btf/kinds.h"

namespace btfx {

/// A version of the kernel as one number.
constexpr std::uint32_t kernel_version(std::uint32_t major, std::uint32_t minor) {
  return major << 16 | minor;
}

/// What differs between kernels. The defaults are those of 6.18 on a 64-bit machine of this one's byte order.
struct KernelRules {
  std::uint32_t highest_kind = 19;                ///< 15 before 5.13, 16 before 5.16, 17 before 5.17, 18 before 6.0
  std::uint32_t identifier_limit = 512;           ///< bytes of the longest identifier; 128 before 6.1
  bool tag_kind_flag = true;                      ///< kind_flag of DECL_TAG and TYPE_TAG is allowed, since 6.15
  bool wide_vlen = false;                         ///< 24 bits of vlen and 7 of kind, all taken: since 7.2
  bool layout = false;                            ///< the header has 32 bytes, and a layout section may be: since 7.2
  bool tag_order = true;                          ///< type tags must precede other modifiers: before 7.2
  ByteOrder byte_order = native_order;            ///< the kernel's own; other BTF has the wrong magic for it
  std::uint32_t pointer_size = 8;                 ///< bytes of a kernel pointer
  std::uint32_t version = kernel_version(6, 18);  ///< rules on special fields change with most of them
  bool any_section_name = true;     ///< sections bear any printable name, since 6.9; before, an identifier
  bool nested_locks_count = false;  ///< a struct and those in it have one lock between them: 6.12.y since 6.12.111
  bool ownership_depth = false;     ///< how deeply structs own each other is limited: 6.12.y since 6.12.113
  bool relocates = true;            ///< .BTF.base of modules is read, since 6.11; before, .BTF must fit vmlinux

  /// The rules of a kernel release such as `6.12.115+deb12-amd64`; the defaults where it begins with no version. The
  /// patch level is taken literally: `6.12`, and a distribution's `6.12.0-55.el10`, are the first 6.12, for nothing
  /// tells what such a kernel took in from later ones.
  static KernelRules of_release(std::string_view release);
  /// The rules of the newest kernel that is known here, 7.2: the first that knows the layout section.
  static KernelRules newest();
};

/// Which way the BTF goes into the kernel.
enum class LoadPath {
  user,    ///< bpf(BPF_BTF_LOAD): all passes; a root only
  kernel,  ///< vmlinux and modules at boot and load: types are not resolved, and only faults are logged
};

/// Every rule there is. to_string() gives the stable name that reports use.
enum class BtfRule : std::uint8_t {
  // size and header
  blob_size,
  header_short,
  header_truncated,
  header_unknown,
  magic,
  version,
  flags,
  no_data,
  section_offset,
  section_gap,
  section_overlap,
  section_length,
  trailing_data,
  // sections
  strings_not_last,
  strings_invalid,
  layout_unaligned,
  layout_short,
  layout_size,
  types_unaligned,
  types_missing,
  // each record by itself
  record_truncated,
  info_reserved,
  kind_unknown,
  name_offset,
  payload_truncated,
  too_many_types,
  vlen,
  kind_flag,
  name,
  type_id,
  int_word,
  int_bits,
  int_size,
  int_encoding,
  fwd_word,
  array_word,
  array_element,
  array_index,
  member_name_offset,
  member_name,
  member_type,
  member_offset,
  member_beyond,
  enum_size,
  enumerator_name_offset,
  enumerator_name,
  func_linkage,
  var_linkage,
  datasec_size,
  datasec_sum,
  entry_type,
  entry_offset,
  entry_size,
  entry_end,
  float_size,
  tag_text,
  component,
  // types as a graph
  resolve_depth,
  resolve_loop,
  resolve_state,
  target,
  element_int,
  array_overflow,
  member_kind,
  entry_not_var,
  entry_target,
  entry_too_small,
  argument,
  return_type,
  // members against their struct
  member_overflow,
  member_bits,
  member_end,
  member_unaligned,
  float_unaligned,
  bitfield_base,
  bitfield_offset,
  bitfield_size,
  // modifiers
  chain_length,
  chain_broken,
  tag_order,
  // structs with fields that the kernel gives a meaning of their own
  special_bit_offset,
  special_depth,
  special_twice,
  special_count,
  special_repeat,
  special_pointer,
  special_none,
  special_overlap,
  special_root,
  special_element,
  special_node,
  special_locks,
  special_lock,
  special_refcount,
  special_owner,
  special_cycle,
  special_fields,  ///< not decided here: whether the kernel has a destructor for what a `kptr` points to
};

/// A rule's stable name, e.g. `member-end`.
std::string_view to_string(BtfRule rule);
/// The code of findings by that rule, e.g. `kernel-member-end`.
FindingCode finding_code(BtfRule rule);
/// A sentence for the rules whose breach the kernel does not log; empty for the others.
std::string_view unlogged_reason(BtfRule rule);

/// One breach of a rule.
struct BtfFinding {
  BtfRule rule;
  int error = 0;                    ///< the positive errno the load fails with; 0: it does not fail
  std::optional<TypeId> type = {};  ///< the type the kernel names, if it is about one
  std::string line = {};            ///< what the kernel logs about it, without the newline at the end; may be empty
};

/// ENOTSUPP, which the kernel returns but no user header defines.
inline constexpr int error_not_supported = 524;
/// The name of an errno that a load can fail with, e.g. "EINVAL".
std::string_view error_name(int error);

/// The kernel whose rules apply, how the BTF is loaded, and how much is reported.
struct ValidateOptions {
  KernelRules kernel = {};
  LoadPath path = LoadPath::user;
  /// Resolve types whatever the path, also those of a split BTF: more than the kernel does with those of modules.
  bool resolve_all = false;
  /// Go on after a finding, as far as the rest can still be judged; a type with a finding is not looked at again,
  /// nor are those that rest on it. The log is then longer than the kernel's.
  bool all_findings = false;
  std::size_t max_findings = 1000;  ///< where to stop then
  std::uint64_t log_limit = 0;      ///< bytes of log to keep; 0: none
};

struct BtfVerdict {
  int error = 0;                          ///< the positive errno of the load, 0 when the kernel takes it
  std::vector<BtfFinding> findings = {};  ///< in the order the kernel would make them
  std::string log = {};  ///< the kernel's log buffer at log level 1, up to the limit, without its final NUL

  [[nodiscard]] bool ok() const { return error == 0; }
};

/// What the kernel would say to `blob`; split BTF is judged on top of `base` (and then on the kernel path, which is the
/// only one for it). Any bytes are allowed; memory and time are in proportion to their number (and to log_limit).
BtfVerdict validate_btf(ByteView blob, const ValidateOptions& options, const Btf* base = nullptr);
/// The same. `records` gets those that were looked at, for who goes on with them: all of them where the kernel takes
/// the BTF.
BtfVerdict validate_btf(ByteView blob, const ValidateOptions& options, const Btf* base, RawBtf& records);

}  // namespace btfx
