#include "cmd/cli/docs/docs.h"

namespace btfx::docs {

std::vector<Section> overview_sections() {
  return {
      {"SOURCES",
       {"Wherever a file, a module or a base is wanted, any of these will do. They are recognised by their content, "
        "never "
        "by their name.",
        "* Raw BTF: the files of /sys/kernel/btf, and what `pahole --btf_encode_detached` writes, in either byte order",
        "* ELF files: of 32 or 64 bits, in either byte order, with `.BTF` and possibly `.BTF.base`, `.BTF.ext` and "
        "`.BTF_ids`: modules, vmlinux, BPF objects, compiler output",
        "* Compressed files: any of these in gzip, xz, zstd, lz4, bzip2 or lzma, such as a module `tun.ko.xz`",
        "* Kernel images: x86 bzImage, EFI zboot, and flat images of arm64, riscv and others, compressed or not, also "
        "inside of unified kernel images, Android boot images and U-Boot's; BTF is taken from the ELF file inside, or "
        "carved out of the flat image",
        "* `-`: standard input", "* `running`: the running kernel",
        "* A kernel release: such as `6.12.115+deb12-amd64`; it is looked up in /sys/kernel/btf (when it is running), "
        "/boot, /lib/modules, /usr/lib/modules and /usr/lib/debug",
        "Where modules are wanted, also a directory (all `*.ko*` below it, sorted by path), a package (`.deb`, `.rpm` "
        "or "
        "`.tar`, compressed or not; all modules in it, without unpacking to disk) or a sysfs directory of BTF (all but "
        "vmlinux). Where a base is wanted, and by `dump` and `extract`, also such a package or directory: the kernel "
        "image in it is taken."}},
      {"BASES",
       {"BTF of modules is split: its ids continue those of a base, the BTF of the kernel that the module was built "
        "for. "
        "`-B` names the base. Without `-B` it is searched: for a sysfs module, the vmlinux beside it; for an ELF "
        "module, "
        "the kernel in its own package or directory tree, and the release that its `vermagic` names, as above. `-v` "
        "tells what was chosen. `-B none` forbids the search.",
        "Nothing in split BTF says which base it belongs to, but on a wrong one its names begin in the middle of "
        "others. "
        "That is warned of, or an error where a command would do harm.",
        "A module with a distilled base, `.BTF.base`, does without: its `.BTF` continues `.BTF.base`. With `-B` it is "
        "relocated onto the base given."}},
      {"OUTPUT",
       {"Results go to standard output and everything else to standard error, with `--json` too. A reader that closes "
        "the "
        "pipe early ends btfx quietly, with status 0.",
        "With `--json` one document is printed. Field names are snake_case; ids and sizes are numbers. The manual page "
        "of "
        "each command describes its document, which does not change between minor versions. Commands that work on many "
        "inputs print an object with the list `results` and the object `summary`, record by record. Bytes that are not "
        "UTF-8 become U+FFFD there, but not in dumps."}},
      {"EXIT STATUS",
       {"* 0: the answer is yes: done, valid, equal, resolved",
        "* 1: the answer is no: differs, does not match, does not relocate",
        "* 2: the command line makes no sense, or an input cannot be read or is malformed",
        "An input that cannot be read does not keep a command from working on the others. It is reported at its place, "
        "and the worst status wins."}},
      {"ENVIRONMENT",
       {"* NO_COLOR: if it is set and not empty, messages are not coloured unless `--color always` is given"}},
      {"EXAMPLES",
       {"All types of the running kernel:", "    btfx dump running",
        "Which modules of a package carry BTF, and how much:", "    btfx list linux-image.deb",
        "The BTF of a kernel image, as a file:", "    btfx extract /boot/vmlinuz-6.12.115+deb12-amd64 -o vmlinux.btf"}},
  };
}

}  // namespace btfx::docs
