#include "cmd/cli/output_options.h"

namespace btfx {

void add_destination_options(Command& command, Destination& destination) {
  command.value("-o,--output", "FILE", destination.output, "Write raw BTF to FILE; `-`: to standard output");
  command.value("--into", "ELF", destination.into,
                "Replace or add the .BTF section of an ELF file; warns of sections that refer to the old types");
  command.flag("--strip-signature", destination.strip_signature,
               "With --into, drop the signature of a module, which has to be signed again");
}

void add_byte_order_option(Command& command, Destination& destination) {
  command.choice("--byte-order", "ORDER", destination.order, "Byte order of the result",
                 std::vector<Choice<ByteOrder>>{{"little", ByteOrder::little, "little-endian"},
                                                {"big", ByteOrder::big, "big-endian"}});
}

void add_module_options(Command& command, std::vector<std::string>& modules, ModuleDestination& destination,
                        bool& strip_signature, const std::string& sections) {
  command.list("MODULE", "MODULE", modules, "Modules, directories or packages with modules", Complete::module)
      .required = true;
  command.value("-o,--output", "FILE", destination.output,
                "Write the changed module, uncompressed, to FILE; `-`: standard output");
  command.flag("--in-place", destination.in_place,
               "Replace each module atomically, and keep its compression, mode and owner");
  command.value("--output-dir", "DIR", destination.directory, "Write the sections to " + sections, Complete::directory);
  command.flag("--dry-run", destination.dry_run, "Write nothing, and print a table of sizes");
  command.flag("--strip-signature", strip_signature, "Drop the signature of a signed module");
}

}  // namespace btfx
