#include "transform/co_re/object.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "btf/btf_ext.h"
#include "transform/bpf/reach.h"
#include "transform/co_re/access.h"
#include "transform/co_re/externs.h"
#include "transform/co_re/features.h"
#include "transform/co_re/lines.h"
#include "transform/co_re/patch.h"
#include "transform/co_re/targets.h"
#include "transform/co_re/values.h"

namespace btfx {

namespace {

void fail(CoreRelocation& relocation, CoreFailure failure) {
  relocation.reason = failure.reason;
  relocation.message = std::move(failure.message);
}

/// How much text there may be about all relocations of an object, in bytes. Each has its names written out, and a small
/// file can use a very long name for each; of real objects it is a few hundred KB.
constexpr std::size_t max_text = std::size_t{1} << 26;

/// What the object says of its own accord: of enumerators with the sign of their enum; of what the reference does not
/// compare with the instruction, such as a bitfield, what the compiler made of it.
void set_own_value(const Btf& btf, CoreRelocation& relocation) {
  relocation.own_value = relocation.old_value;
  if (relocation.kind == CoreKind::enumerator_value) {
    const CoreStep& step = relocation.access.steps.front();
    const TypeView type = btf.type(step.type);
    const std::uint64_t value = type.enumerator_value(step.index), held = relocation.held_value;
    relocation.own_value = value;
    relocation.own_is_signed = type.kind_flag();
    // Compilers before clang 15 do not tell the sign of an enum; how the instruction was filled up does.
    if (type.kind() == Kind::enum_ && !type.kind_flag() && relocation.form == CoreForm::load_immediate &&
        static_cast<std::uint32_t>(held) == static_cast<std::uint32_t>(value)) {
      relocation.own_value = held;
      relocation.own_is_signed = held != value;
    }
  } else if (!relocation.checked && relocation.form != CoreForm::none) {
    relocation.own_value = relocation.held_value;
  }
}

/// Fills in what the local BTF and the instruction tell.
void examine(const CoreObject& object, const CoreRecord& record, CoreRelocation& relocation) {
  const Btf& btf = *object.btf;
  relocation.access.root = record.root;
  relocation.access_string = btf.string(record.access);
  relocation.kind_number = record.kind;
  CoreSlot slot;  // what cannot be written matters only where something is to be written
  (void)read_slot(object.programs[relocation.program], object.order, relocation.program_insn, slot);
  relocation.form = slot.form;
  relocation.held_value = slot.value;
  relocation.width = slot.width;
  if (record.kind >= core_kinds) {
    return fail(relocation, {CoreReason::unknown_kind, fmt::format("relocation kind {} is not known", record.kind)});
  }
  const auto kind = static_cast<CoreKind>(record.kind);
  relocation.kind = kind;

  ParsedAccess parsed = parse_core_access(btf, kind, record.root, relocation.access_string);
  relocation.access = std::move(parsed.access);
  relocation.path = core_path(btf, kind, relocation.access);
  relocation.spec = core_spec(btf, kind, relocation.access);
  if (parsed.failure) return fail(relocation, std::move(*parsed.failure));
  if (kind != CoreKind::local_type_id && btf.type(record.root).name().empty()) {
    return fail(relocation, {CoreReason::anonymous_root, "an anonymous type cannot be looked for"});
  }
  const auto value = core_value(btf, kind, relocation.access, object.order);
  if (const auto* failure = std::get_if<CoreFailure>(&value)) return fail(relocation, *failure);
  relocation.old_value = std::get<CoreValue>(value).value;
  relocation.checked = std::get<CoreValue>(value).checked;
  set_own_value(btf, relocation);
}

/// Which parts of their contexts programs read that are run with a function's arguments, whatever the relocations come
/// to.
std::vector<ContextRead> read_contexts(const CoreObject& object) {
  const auto has_arguments = [](const CoreTarget& target) {
    return target.kind != CoreTargetKind::none && target.kind != CoreTargetKind::kprobe &&
           target.kind != CoreTargetKind::syscall && target.kind != CoreTargetKind::tracepoint &&
           target.kind != CoreTargetKind::several;
  };
  if (std::ranges::none_of(object.targets, has_arguments)) return {};
  std::vector<Constants> constants(object.programs.size());
  for (const CoreRelocation& relocation : object.relocations) {
    constants[relocation.program][relocation.program_insn] = std::nullopt;
  }
  const std::vector<BpfExternValue> externs = unknown_extern_values(object);
  return BpfReach({object.programs, object.references, object.order, externs}, constants, {.globals_alone = true})
      .context_reads();
}

/// Fills in the relocations of an object.
void read_relocations(const BtfExt& ext, CoreObject& object) {
  const CoreLines lines(ext);
  std::size_t text = 0;
  for (const ExtBlock<CoreRecord>& block : ext.relocations()) {
    for (std::uint32_t i = 0; i < block.records.size(); ++i) {
      const CoreRecord& record = block.records[i];
      if (record.insn_offset % BpfInsn::size != 0) {
        throw Error(ErrorCode::malformed,
                    fmt::format("relocation {} of section '{}' is at byte {}, between instructions", i, block.section,
                                record.insn_offset),
                    {.file = object.name, .section = std::string(BtfExt::section_name), .offset = record.position});
      }
      const auto insn = static_cast<std::uint32_t>(record.insn_offset / BpfInsn::size);
      const std::optional<std::size_t> program = find_program(object.programs, block.section, insn);
      if (!program) {
        object.findings.push_back(
            {"no-program",
             fmt::format("relocation {} of section '{}', at instruction {}, is in no function: left out", i,
                         block.section, insn),
             {.section = std::string(BtfExt::section_name), .offset = record.position}});
        continue;
      }
      CoreRelocation& relocation = object.relocations.emplace_back();
      relocation.section = block.section;
      relocation.program = *program;
      relocation.index = i;
      relocation.insn = insn;
      relocation.program_insn = insn - object.programs[*program].first_insn;
      if (const LineInfo* line = lines.find(object.programs[*program], object.order, relocation.program_insn)) {
        relocation.file = object.btf->string(line->file);
        relocation.source = object.btf->string(line->text);
        relocation.line = line->line;
        relocation.column = line->column;
      }
      examine(object, record, relocation);
      text += relocation.path.size() + relocation.spec.size() + relocation.message.size();
      if (text > max_text) {
        throw Error(ErrorCode::unsupported, "the names in its relocations are too long to be written out",
                    {.file = object.name, .section = std::string(BtfExt::section_name), .offset = record.position});
      }
    }
  }
}

}  // namespace

CoreObject read_core_object(BpfObject bpf) {
  CoreObject object{.name = std::move(bpf.name), .error = {}, .btf = bpf.btf, .order = bpf.order};
  object.externs = read_core_externs(bpf);
  object.programs = std::move(bpf.programs);
  object.references = std::move(bpf.references);
  object.callbacks = std::move(bpf.callbacks);
  for (const BpfProgram& program : object.programs) object.targets.push_back(read_core_target(program.section));
  if (bpf.ext) read_relocations(*bpf.ext, object);
  object.context_reads = read_contexts(object);
  object.maps = read_core_maps(*object.btf);
  object.helper_calls = read_helper_calls(object);
  return object;
}

}  // namespace btfx
