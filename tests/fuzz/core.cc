// A BPF object: an ELF file, or a .BTF.ext and the .BTF it belongs to, where two bytes (big-endian) tell how many of
// the following are the former's, and the instructions are its bytes. Whatever its relocations ask for is looked for in
// that same BTF, as root and as module, told in every form, and served by a minimal BTF.
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "btf/bpf_object.h"
#include "btf/btf.h"
#include "emit/report/co_re_page.h"
#include "emit/report/co_re_report.h"
#include "fuzz.h"
#include "image/image.h"
#include "transform/co_re/minimal.h"
#include "transform/co_re/object.h"
#include "transform/co_re/resolve.h"

namespace {

using namespace btfx;

/// An object in which every section that is named has one function.
CoreObject object_of(const test::TwoInputs& inputs) {
  BpfObject object{
      .name = "object", .btf = Btf::parse(inputs.second), .order = native_order, .ext = {}, .programs = {}};
  object.ext = BtfExt::parse(inputs.first.view(), *object.btf);
  object.order = object.ext->byte_order();
  const Bytes code = inputs.first.slice(0, inputs.first.size() / BpfInsn::size * BpfInsn::size);
  std::map<std::string, BpfProgram> programs;
  for (const ExtBlock<CoreRecord>& block : object.ext->relocations()) {
    const std::string section(block.section);
    programs.try_emplace(section, BpfProgram{.section = section, .name = "f", .first_insn = 0, .code = code});
  }
  for (auto& [section, program] : programs) object.programs.push_back(std::move(program));
  return read_core_object(std::move(object));
}

std::optional<CoreObject> object_of(const std::uint8_t* data, std::size_t size) {
  const Bytes input = test::input_bytes(data, size);
  if (as_text(input.view())
          .starts_with("\x7f"
                       "ELF"))
    return read_core_object(read_bpf_object(unwrap(input, "object")));
  const std::optional<test::TwoInputs> inputs = test::two_inputs(data, size);
  return inputs ? std::optional(object_of(*inputs)) : std::nullopt;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    std::optional<CoreObject> read = object_of(data, size);
    if (!read) return 0;
    CoreMatrix matrix;
    matrix.objects.push_back(std::move(*read));
    const CoreObject& object = matrix.objects.front();
    CoreKernel kernel("kernel", object.btf);
    matrix.answers.emplace_back();
    StringOutput out;
    for (const bool search_all : {false, true}) {
      matrix.kernels.push_back(kernel.column());
      matrix.answers[0].push_back(resolve_core(object, kernel, {.search_all = search_all}));
      if (matrix.answers[0].back().results.size() != object.relocations.size()) std::abort();
      out.write(core_text(matrix, {.details = true}));
      write_core_json(matrix, out, false);
    }
    out.write(core_page(matrix, {}));
    (void)Btf::parse(core_minimal(matrix.objects, kernel));
  } catch (const Error&) {
  }
  return 0;
}
