// CO-RE relocations ("compile once, run everywhere") and what becomes of them on a kernel: made by the transforms, told
// by the reports.
//
// Words: the *local* BTF is the BPF object's own; a *kernel* is a base with modules, each a *part* of it. The *root* of
// a relocation is the type where its access starts; a type of a kernel with the root's name is a *candidate*, and a
// *match* when it also has what is accessed. A *flavour* is what follows `___` in a name, and does not count. A
// relocation without a match *poisons* its instruction: a program that reaches it does not load. The *reference* is
// libbpf 1.8.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endian.h"
#include "base/enum_table.h"
#include "base/error.h"
#include "btf/bpf_object.h"
#include "btf/btf.h"

namespace btfx {

/// What a relocation asks. Source: enum bpf_core_relo_kind of the kernel's uapi/linux/bpf.h.
enum class CoreKind : std::uint8_t {
  byte_offset,
  byte_size,
  field_exists,
  signedness,
  left_shift,
  right_shift,
  local_type_id,
  target_type_id,
  type_exists,
  type_size,
  enumerator_exists,
  enumerator_value,
  type_matches,
};
/// How many kinds there are.
inline constexpr std::uint32_t core_kinds = 13;

enum class CoreGroup : std::uint8_t { field, type, enumerator };

struct CoreKindInfo {
  CoreKind kind;
  std::string_view name;  ///< as the reference prints it
  CoreGroup group;
  bool is_question;  ///< whether a type or field exists: answered by 1 or 0
  bool can_poison;   ///< without a match the instruction is poisoned; otherwise the answer is 0
};

inline constexpr std::array<CoreKindInfo, core_kinds> core_kind_table{{
    {CoreKind::byte_offset, "byte_off", CoreGroup::field, false, true},
    {CoreKind::byte_size, "byte_sz", CoreGroup::field, false, true},
    {CoreKind::field_exists, "field_exists", CoreGroup::field, true, false},
    {CoreKind::signedness, "signed", CoreGroup::field, false, true},
    {CoreKind::left_shift, "lshift_u64", CoreGroup::field, false, true},
    {CoreKind::right_shift, "rshift_u64", CoreGroup::field, false, true},
    {CoreKind::local_type_id, "local_type_id", CoreGroup::type, false, false},
    {CoreKind::target_type_id, "target_type_id", CoreGroup::type, false, false},
    {CoreKind::type_exists, "type_exists", CoreGroup::type, true, false},
    {CoreKind::type_size, "type_size", CoreGroup::type, false, false},
    {CoreKind::enumerator_exists, "enumval_exists", CoreGroup::enumerator, true, false},
    {CoreKind::enumerator_value, "enumval_value", CoreGroup::enumerator, false, true},
    {CoreKind::type_matches, "type_matches", CoreGroup::type, true, false},
}};

static_assert(in_order(core_kind_table, &CoreKindInfo::kind));

constexpr const CoreKindInfo& core_kind_info(CoreKind kind) {
  return core_kind_table[static_cast<std::size_t>(kind)];
}

/// A name without its flavour: `foo` for `foo___bar`. Source: libbpf's bpf_core_essential_name_len().
std::string_view essential_name(std::string_view name);

/// One step of an access that a programmer would write.
struct CoreStep {
  TypeId type = void_id;    ///< whose member it is; for an array the element's type, for the first step the root
  std::uint32_t index = 0;  ///< of the member, element or enumerator
  std::string_view name{};  ///< of the member or enumerator; empty for elements. Points into the BTF's strings
};

/// An access in one BTF, local or of a kernel. Types: no step but the first; enumerators: one step.
struct CoreAccess {
  TypeId root = void_id;
  /// The first indexes the root as an array; then member and element indexes, unnamed members among them, each on the
  /// type of the one before behind modifiers and typedefs. For an enumerator its index.
  std::vector<std::uint32_t> numbers = {};
  std::vector<CoreStep> steps = {};  ///< the same without the unnamed members
  std::uint64_t bit_offset = 0;      ///< of a field, from the root's start
};

/// What a relocation came to on one kernel.
enum class CoreVerdict : std::uint8_t {
  ok,         ///< the instruction is changed
  same,       ///< it holds the right value already
  absent,     ///< nothing matches, and the answer is 0
  poison,     ///< nothing matches, or it does not fit the instruction, which is poisoned
  ambiguous,  ///< several candidates match and differ: the object does not load
  error,      ///< the object does not load
};

/// Why a candidate does not match, or a relocation came to nothing.
enum class CoreReason : std::uint8_t {
  none,
  no_type,        ///< nothing of that name and kind
  forward_only,   ///< it is only declared there
  local_forward,  ///< it is only declared in the object
  kind_differs,   ///< something of that name is of another kind
  member_missing,
  member_incompatible,  ///< the member has a type that is not compatible
  not_an_array,
  array_too_short,
  enumerator_missing,
  type_incompatible,
  type_differs,          ///< type_matches: something in it is not the same
  modules_not_searched,  ///< vmlinux has candidates, none of which matches, and modules have one that does
  values_differ,         ///< matches differ in the value
  offsets_differ,        ///< matches differ in the offset
  unknown_kind,
  bad_access,  ///< the access string makes no sense for the root
  anonymous_root,
  not_applicable,  ///< the kind cannot be asked of that field
  too_deep,
  too_many,           ///< so many types of the name, for so many relocations, that not all are tried
  instruction,        ///< the instruction is none that can be relocated, or does not hold the local value
  value_too_big,      ///< for the instruction
  wrong_access,       ///< loads and stores: the size differs and is not that of an unsigned integer or pointer
  reference_rejects,  ///< the reference does not load what is right
};
/// Stable words for JSON: `no-type`, `array-too-short`; empty for none.
std::string_view to_string(CoreReason reason);
std::string_view to_string(CoreVerdict verdict);

/// How the reference writes an access in its log: `<byte_off> [112] struct task_struct.comm[3] (0:123:3 @ offset
/// 2979)`.
std::string core_spec(const Btf& btf, CoreKind kind, const CoreAccess& access);
/// How C would write what is accessed: `task_struct.comm[3]`, `struct task_struct`, `hrtimer_mode::HRTIMER_MODE_REL`.
std::string core_path(const Btf& btf, CoreKind kind, const CoreAccess& access);

/// What the relocated instruction is, as far as relocating goes: none when it cannot be relocated.
enum class CoreForm : std::uint8_t { none, alu, memory, load_immediate };

/// One relocation of an object, seen from the object alone.
struct CoreRelocation {
  // Where it is.
  std::string_view section{};         ///< of the ELF file
  std::size_t program = 0;            ///< the function that holds the instruction: an index of CoreObject::programs
  std::uint32_t index = 0;            ///< among the records of the section
  std::uint32_t insn = 0;             ///< in the section, in units of eight bytes
  std::uint32_t program_insn = 0;     ///< the same in the program
  std::string_view file{}, source{};  ///< the source line, if the object tells
  std::uint32_t line = 0, column = 0;
  // What it asks.
  std::uint32_t kind_number = 0;
  std::optional<CoreKind> kind;  ///< nothing for a kind that btfx does not know
  std::string_view access_string{};
  CoreAccess access;      ///< in the local BTF; the root alone when `reason` is set
  std::string path = {};  ///< how C would write it: `task_struct.comm[3]`
  std::string spec =
      {};  ///< how the reference writes it: `<byte_off> [112] struct task_struct.pid (0:88 @ offset 2432)`
  std::optional<std::uint64_t> old_value = {};  ///< what the instruction should hold before
  /// The value that the object itself gives: what its own types say, or what the compiler thought where the reference
  /// does not insist on that; and whether it is a signed number.
  std::optional<std::uint64_t> own_value = {};
  bool own_is_signed = false;
  CoreForm form = CoreForm::none;
  std::uint64_t held_value = 0;          ///< what it does hold, as the reference compares it
  std::uint32_t width = 0;               ///< bytes that it moves or computes with
  bool checked = false;                  ///< whether the reference insists that both are equal
  CoreReason reason = CoreReason::none;  ///< set when it is in error on whatever kernel
  std::string message = {};              ///< then why, in a sentence
};

/// One part of a kernel.
struct CorePart {
  std::string name;  ///< `base_part`, or the module's
  BtfPtr btf;
};

/// What was found about one candidate.
struct CoreCandidate {
  enum class State : std::uint8_t { match, rejected, not_reached };

  std::size_t part = 0;  ///< of the kernel
  TypeId id = void_id;
  State state = State::not_reached;
  CoreReason reason = CoreReason::none;  ///< when rejected
  std::string message = {};              ///< then why, in a sentence, with both types
};

/// Why what fails may do no harm.
enum class CoreGuard : std::uint8_t {
  none,
  /// The program asks whether the same thing exists, is told that it does not, and gets here only by what may depend on
  /// that.
  existence,
  unreachable,  ///< with the constants that were put in, the poisoned instruction cannot be reached
  not_loaded,   ///< its program is left out unless a loader is told otherwise; of poison only where nothing else helps
};
/// Whether poison does no harm even when its program is loaded.
constexpr bool is_guarded(CoreGuard guard) {
  return guard == CoreGuard::existence || guard == CoreGuard::unreachable;
}
/// In a word, for what stands behind a verdict: `guarded`, `optional`; empty for none.
std::string_view to_string(CoreGuard guard);

/// One relocation on one kernel.
struct CoreResult {
  CoreVerdict verdict = CoreVerdict::error;
  CoreReason reason = CoreReason::none;
  std::string message = {};  ///< for any verdict but ok and same, why
  /// Nothing when there is none: ambiguous, in error, or poisoned for want of a match.
  std::optional<std::uint64_t> new_value = {};
  bool is_signed = false;  ///< how to print the new value
  /// The access in the first match, in which part; nothing without a match. Set also for `ambiguous` and `error` when
  /// something matched.
  std::optional<CoreAccess> access = {};
  std::size_t part = 0;
  std::string spec = {};  ///< of `access`, as the reference writes it
  CoreGuard guard = CoreGuard::none;
  bool beyond_reference = false;  ///< found only by searching further than the reference does
  std::uint32_t new_width = 0;    ///< bytes that a load or store moves now; 0 for others
  std::vector<CoreCandidate> candidates = {};
  Diagnostics findings = {};  ///< warnings that do not change the verdict

  [[nodiscard]] bool has_warning() const {
    return std::ranges::any_of(findings,
                               [](const Diagnostic& finding) { return finding.severity == Severity::warning; });
  }
  /// Whether it may keep the object from loading.
  [[nodiscard]] bool may_fail() const {
    const bool fails =
        verdict == CoreVerdict::ambiguous || verdict == CoreVerdict::error || verdict == CoreVerdict::poison;
    return fails && guard == CoreGuard::none;
  }
};

/// What a loader fills in for an object.
enum class CoreExternKind : std::uint8_t {
  setting,   ///< of the kernel's configuration, or of the loader itself (`.kconfig`)
  function,  ///< of the kernel (`.ksyms`)
  variable,  ///< of the kernel, with a type
  symbol,    ///< of the kernel, of which only the address is asked for
};
/// In a word: `setting`, `function`, `variable`, `symbol`.
std::string_view to_string(CoreExternKind kind);

/// How a setting is stored. Source: libbpf's enum kcfg_type.
enum class SettingForm : std::uint8_t { boolean, tristate, character, integer, text };

/// One extern of an object, seen from the object alone.
struct CoreExtern {
  std::string name = {};
  CoreExternKind kind = CoreExternKind::symbol;
  bool is_weak = false;   ///< the object loads without it
  TypeId type = void_id;  ///< of a variable or setting, and a function's prototype; behind modifiers and typedefs
  // Of a setting:
  SettingForm form = SettingForm::integer;
  std::uint32_t size = 0;
  bool is_signed = false;
  std::string error = {};  ///< why no loader takes it, whatever the kernel; a sentence
};

/// One extern on one kernel.
struct CoreExternResult {
  enum class State : std::uint8_t {
    found,    ///< its value or place is known
    set,      ///< it has a value, which is not known
    zero,     ///< it may be missing, is, and counts as 0
    missing,  ///< the object does not load
    unfit,    ///< what is there is of another type or value: the object does not load
    unknown,  ///< whether it is there is not known
  };

  State state = State::unknown;
  std::string message = {};                 ///< for all but found: why, in a sentence
  std::optional<std::string> content = {};  ///< of a setting: its bytes, in the object's byte order
  std::string spelling = {};                ///< of a setting: its value as people write it
  std::size_t part = 0;                     ///< of a function or variable: which part has it
  TypeId id = void_id;                      ///< in that part
  bool is_callable = true;                  ///< of a function: whether it is not known to be none for programs
  /// Whether a call of it that programs cannot make is reached: surely, so that the object does not load, or perhaps.
  bool is_called = false;

  [[nodiscard]] bool fails() const { return state == State::missing || state == State::unfit; }
};
/// In a word: `found`, `set`, `zero`, `missing`, `unfit`, `unknown`.
std::string_view to_string(CoreExternResult::State state);

/// What a program is attached to, by the name of its section.
enum class CoreTargetKind : std::uint8_t {
  none,  ///< nothing that the kernel's types tell of: sockets, network devices, cgroups, programs of users
  fentry,
  fexit,
  fmod_ret,
  fsession,
  freplace,
  tp_btf,
  raw_tracepoint,
  tracepoint,
  lsm,
  lsm_cgroup,
  iterator,
  callbacks,
  kprobe,
  syscall,
  several,  ///< functions by a pattern
};

/// What one program is attached to, seen from the object alone.
struct CoreTarget {
  CoreTargetKind kind = CoreTargetKind::none;
  std::string name = {};    ///< of the function, tracepoint or hook; empty when the section does not tell
  std::string module = {};  ///< where it is to be looked for; empty: everywhere
};

/// The target of one program on one kernel.
struct CoreTargetResult {
  enum class State : std::uint8_t {
    none,     ///< there is nothing to ask
    found,    ///< the kernel has it
    missing,  ///< it has not
    unfit,    ///< it has, but the program cannot be run there
    unknown,  ///< its types do not tell
  };

  State state = State::none;
  /// Whether it matters when the object is loaded, and not only when the program is attached.
  bool at_load = false;
  std::string message = {};  ///< for all but none and found: why, in a sentence
  std::size_t part = 0;      ///< which part of the kernel has it
  TypeId id = void_id;       ///< the function, or the type that stands for the target; void for none

  [[nodiscard]] bool fails() const { return state == State::missing || state == State::unfit; }
};
/// In a word: `none`, `found`, `missing`, `unfit`, `unknown`.
std::string_view to_string(CoreTargetResult::State state);

/// A map of an object, as its BTF defines it; 0 for what it leaves open.
struct CoreMap {
  std::string_view name{};
  std::uint32_t type = 0;  ///< of enum bpf_map_type
  std::uint32_t key_size = 0, value_size = 0, max_entries = 0;
};

/// A call of one of the kernel's helpers, which are known by their numbers in enum bpf_func_id.
struct CoreHelperCall {
  BpfPlace at = {};
  std::uint32_t helper = 0;
};

/// Whether an object loads, as far as is known.
enum class CoreLoad : std::uint8_t { loads, may_load, fails };
/// `loads`, `may load`, `fails`.
std::string_view to_string(CoreLoad load);

/// An object with its relocations.
struct CoreObject {
  std::string name;
  std::optional<Error> error = {};  ///< why it could not be read; then there is nothing else
  BtfPtr btf = {};
  ByteOrder order = native_order;
  std::vector<BpfProgram> programs = {};
  std::vector<BpfReference> references = {};
  std::vector<CoreRelocation> relocations = {};  ///< in the order of the file
  std::vector<CoreExtern> externs = {};          ///< as references name them
  std::vector<CoreTarget> targets = {};          ///< of each program
  std::vector<BpfCallbacks> callbacks = {};
  std::vector<CoreMap> maps = {};
  std::vector<CoreHelperCall> helper_calls = {};
  std::vector<ContextRead> context_reads = {};  ///< whatever the relocations come to
  Diagnostics findings = {};
};

/// All relocations of one object on one kernel, in the order of the object.
struct CoreAnswer {
  std::vector<CoreResult> results;
  std::vector<CoreExternResult> externs = {};  ///< of each extern
  std::vector<CoreTargetResult> targets = {};  ///< of each program
  /// What there is to say about the object as a whole: an error keeps it from loading, a warning may.
  Diagnostics findings = {};
  std::vector<std::size_t> doomed = {};  ///< programs that cannot be run without a poisoned instruction
  /// How many results are in error or ambiguous, and what else keeps it from loading; how many are poisoned without a
  /// guard, and how many have warnings; in programs that are loaded.
  std::size_t failures = 0, unguarded = 0, warnings = 0;
  std::size_t doubts = 0;             ///< what else may keep it from loading
  std::size_t optional_failures = 0;  ///< how many of others are in error, ambiguous, or poisoned without a guard
  std::size_t unattached = 0, unsure_targets = 0;  ///< programs that load, but whose targets are not there, or unknown
  /// Whether it loads, as far as relocations, externs and targets go.
  [[nodiscard]] CoreLoad load() const {
    if (failures != 0 || !doomed.empty()) return CoreLoad::fails;
    return unguarded != 0 || doubts != 0 ? CoreLoad::may_load : CoreLoad::loads;
  }
  [[nodiscard]] bool loads() const { return load() == CoreLoad::loads; }
  /// Keeps nothing that refers to the kernel's BTF, so that it can be dropped: of each access only its root.
  void forget_kernel();
};

/// A kernel as the reports know it.
struct CoreColumn {
  std::string name;
  std::vector<std::string> parts;  ///< the base first; only modules that hold something of interest
};

/// A kernel or module that could not be read.
struct CoreUnread {
  std::string source;
  bool is_module = false;
  Error error;
};

/// Everything that was asked and answered.
struct CoreMatrix {
  std::vector<CoreUnread> unread = {};  ///< kernels first
  std::vector<CoreColumn> kernels = {};
  std::vector<CoreObject> objects = {};
  std::vector<std::vector<CoreAnswer>> answers = {};  ///< by object, then by kernel

  /// Whether no kernel was given, not even one that could not be read.
  [[nodiscard]] bool is_local() const { return kernels.empty() && std::ranges::all_of(unread, &CoreUnread::is_module); }
};

}  // namespace btfx
