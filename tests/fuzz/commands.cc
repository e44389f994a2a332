// A kernel, perhaps a second one, and a module, put into what they come in, and a command on them, run without a
// process: once with one thread, once with two. Both must say and write the same, and everything that is said is safe
// to look at: text has no control characters, JSON is JSON, a page has no tag that is not its own. A module that is
// rewritten holds the sections that are written beside it otherwise.
//
// An input begins with five bytes: the command, the form of the kernel and what it is packed in, the same of the
// module; then two bytes (big-endian) tell how many of the following are the kernel's. Two kernels are divided in the
// same way.
#include <elf.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/printable.h"
#include "cmd/cli/parser.h"
#include "fuzz.h"
#include "image/image.h"
#include "image/package.h"
#include "support/elf_maker.h"
#include "support/elf_samples.h"
#include "support/packers.h"
#include "support/temp_dir.h"

namespace {

using namespace btfx;
using Words = std::vector<std::string>;
using Files = std::map<std::string, std::string>;

/// KERNEL, NEW and MODULE stand for files, DIR for a directory with the module in it, TREE for one with all of them,
/// OUT for an empty one.
const std::vector<Words> commands = {
    {"check", "MODULE", "-B", "KERNEL"},
    {"-j", "check", "DIR", "-B", "KERNEL", "-B", "NEW", "--bloat"},
    {"check", "MODULE", "-B", "KERNEL", "-B", "NEW", "--format", "html"},
    {"check", "-B", "KERNEL", "-B", "NEW"},
    {"-p", "check", "-B", "KERNEL"},
    {"check", "DIR", "--from", "KERNEL", "-B", "NEW", "--report", "OUT/page.html"},
    {"list", "DIR", "KERNEL"},
    {"-j", "list", "MODULE", "KERNEL", "TREE"},
    {"diff", "KERNEL", "NEW"},
    {"-j", "diff", "KERNEL", "NEW"},
    {"diff", "KERNEL", "NEW", "--format", "html"},
    {"diff", "KERNEL", "NEW", "--stat"},
    {"diff", "KERNEL", "NEW", "--affects", "DIR"},
    {"-j", "diff", "KERNEL", "NEW", "--affects", "MODULE"},
    {"diff", "KERNEL", "NEW", "--affects", "MODULE", "--report", "OUT/page.html"},
    {"diff", "TREE", "TREE"},
    {"-j", "diff", "TREE", "DIR", "--old-base", "KERNEL", "--new-base", "NEW"},
    {"diff", "KERNEL", "NEW", "NEW", "--history"},
    {"diff", "KERNEL", "NEW", "KERNEL", "--history", "--format", "html"},
    {"-j", "diff", "KERNEL", "NEW", "KERNEL", "--history"},
    {"-v", "core", "MODULE", "-B", "KERNEL"},
    {"-j", "core", "DIR", "-B", "KERNEL", "-B", "NEW", "--search-all"},
    {"core", "MODULE", "DIR", "-B", "KERNEL", "-B", "NEW", "--format", "html", "--strict"},
    {"core", "MODULE", "-B", "KERNEL", "--minimal", "OUT/minimal"},
    {"merge", "DIR", "-B", "KERNEL", "-o", "OUT/merged"},
    {"merge", "MODULE", "-B", "KERNEL", "--minimal", "--sort", "--strict", "-o", "OUT/merged"},
    {"rebase", "NEW", "-B", "KERNEL", "-o", "OUT/rebased"},
    {"extract", "MODULE", "-B", "KERNEL", "--byte-order", "big", "-o", "OUT/extracted"},
    {"dump", "MODULE", "-B", "KERNEL"},
    {"dump", "file", "NEW", "file", "KERNEL", "-B", "none", "format", "c"},
    {"-j", "dump", "MODULE", "-B", "KERNEL"},
    {"dump", "KERNEL", "-B", "none", "format", "layout", "--report", "OUT/page.html"},
    {"relocate", "DIR", "--from", "KERNEL", "-B", "NEW", "--output-dir", "OUT"},
    {"-j", "relocate", "MODULE", "--from", "KERNEL", "-B", "NEW", "--strict", "--dry-run"},
    {"resolve-ids", "MODULE", "-B", "none", "--list"},
    {"-j", "resolve-ids", "MODULE", "-B", "KERNEL", "--list"},
    {"-v", "check", "TREE"},
    {"-j", "check", "DIR", "--find-base", "TREE"},
    {"core", "MODULE", "DIR", "-B", "TREE", "--kconfig", "NEW"},
    {"dump", "KERNEL", "-B", "none", "format", "layout", "contains", "*", "sizes"},
    {"dump", "MODULE", "-B", "KERNEL", "name", "*a*", "kind", "struct"},
    {"extract", "MODULE", "--section", ".BTF.base", "-o", "OUT/base"},
};

/// Those that change MODULE, and may write beside it.
const std::vector<Words> rewriting_commands = {
    {"distill", "MODULE", "-B", "KERNEL"},
    {"-j", "distill", "MODULE", "-B", "KERNEL", "--sort", "--dedup"},
    {"-j", "dedup", "MODULE", "-B", "KERNEL"},
    {"dedup", "MODULE", "-B", "KERNEL", "--strict"},
    {"resolve-ids", "MODULE", "-B", "none"},
    {"resolve-ids", "MODULE", "-B", "KERNEL", "--distill-base"},
    {"resolve-ids", "MODULE", "--btf", "KERNEL", "--no-sort"},
};

void must(bool condition) {
  if (!condition) std::abort();
}

/// In memory where possible, so that what is synced costs nothing, and of one name where possible: names go into
/// tables.
class Directory {
 public:
  Directory() {
    const std::filesystem::path parent =
        std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
    for (unsigned number = 100; path_.empty(); ++number) {
      const std::string path = (parent / ("btfx-fuzz-" + std::to_string(number))).string();
      if (std::filesystem::create_directory(path)) path_ = path;
    }
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string directory() {
  static const Directory created;
  return created.path();
}

/// An ELF file of a machine that kernels run on: without one it would pass for a BPF object.
std::string of_kernel(std::string file) {
  constexpr std::size_t order_at = 5, machine_at = 18;
  if (file[order_at] == ELFDATA2MSB) {
    file[machine_at + 1] = EM_S390;
  } else {
    file[machine_at] = EM_X86_64;
  }
  return file;
}

/// A module in the byte order of its BTF.
std::string module_of(const std::string& btf, const std::string& distilled_base = {}) {
  test::ElfMaker file(true, btf.starts_with("\xeb\x9f") ? ByteOrder::big : ByteOrder::little);
  file.add(".modinfo", std::string("vermagic=6.12.0 SMP\0name=m", 27));
  file.add(".BTF", btf);
  if (!distilled_base.empty()) file.add(".BTF.base", distilled_base);
  return of_kernel(file.make());
}

std::optional<test::TwoInputs> two_inputs(const Bytes& bytes) {
  const std::string text = test::text_of(bytes);
  return test::two_inputs(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

std::string formed(unsigned form, const Bytes& bytes) {
  std::string text = test::text_of(bytes);
  switch (form % 5) {
    case 1:
      return module_of(text);
    case 2: {
      const auto inputs = two_inputs(bytes);
      if (!inputs) return text;
      return module_of(test::text_of(inputs->second), test::text_of(inputs->first));
    }
    case 3:
      return of_kernel(test::vmlinux_file("6.12.0", text));
    case 4:
      return test::flat_kernel("7.3.0", text);
    default:
      return text;
  }
}

/// What goes into a file, and how its name ends.
struct Packed {
  std::string suffix, content;
};
Packed packed(unsigned packing, std::string text, const std::string& path) {
  if (text.empty()) return {};  // there is nothing to pack
  switch (packing % 128 % 11) {
    case 1:
      return {".gz", test::packed(text, Compression::gzip)};
    case 2:
      return {".xz", test::packed(text, Compression::xz)};
    case 3:
      return {".zst", test::packed(text, Compression::zstd)};
    case 4:
      return {".deb", test::debian_package({{path, text}}, Compression::zstd)};
    case 5:
      return {".rpm", test::rpm_package({{path, text}, {"lib/n.ko.gz", test::packed(text, Compression::gzip)}})};
    case 6:
      return {".tar", test::archive_of(test::ArchiveFormat::tar, {{path, text}, {path + ".old", text}})};
    case 7:
      return {".a", test::archive_of(test::ArchiveFormat::ar, {{"m.ko", text}, {"n.o", text}})};
    case 8:
      return {".deb", std::move(text)};
    case 9:
      return {".rpm", std::move(text)};
    case 10:
      return {".tar", std::move(text)};
    default:
      return {"", std::move(text)};
  }
}

void must_be_safe_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    must(length != 0 && (text[0] == '\n' || text[0] == '\t' || !is_control(text, length)));
    text.remove_prefix(length);
  }
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

/// A page without the line that says when and how it was made.
std::string checked_page(std::string page) {
  must_be_safe_text(page);
  const std::size_t scripts = page.find(R"(id="data")") != std::string::npos ? 2 : 1;
  must(count(page, "<script") == scripts && count(page, "</script>") == scripts);
  must(count(page, "<!DOCTYPE") == 1 && page.ends_with("</html>\n"));
  constexpr std::string_view data = R"(<script type="application/json" id="data">)", end = "</script>";
  if (const std::size_t begin = page.find(data); begin != std::string::npos) {
    const std::size_t json = begin + data.size();
    must(nlohmann::json::accept(page.substr(json, page.find(end, json) - json)));
  }
  const std::size_t made = page.find("<p class=\"made\">");
  must(made != std::string::npos);
  return page.erase(made, page.find("</p>", made) - made);
}

/// What the section holds, or why it cannot be read; nothing when the file has none.
std::optional<std::string> contents(const Image& image, const std::string& section) {
  const ElfSection* found = image.elf->find(section);
  if (found == nullptr) return std::nullopt;
  try {
    return test::text_of(image.elf->contents(*found));
  } catch (const Error& error) {
    return error.what();
  }
}

/// Whether messages say that a file cannot take what is written into it.
bool is_no_place(const std::string& messages) {
  static constexpr std::string_view reasons[] = {
      "is not a file of its own",
      "is raw BTF, which has no room for a second section",
      "is signed, and any change makes the signature wrong",
      // Of an ELF file, whose other sections are read by writing alone.
      "section reaches past the end of the file",
      "section headers",
      "section names",
      "section holds the names of all sections",
      "section is part of the running image",
  };
  return std::ranges::any_of(reasons, [&](std::string_view why) { return messages.find(why) != std::string::npos; });
}

/// What a command said and wrote.
struct Result {
  Status status = Status::trouble;
  std::string out, err;
  Files files = {};
};

/// A kernel and a module on disk.
class Case {
 public:
  Case(const std::uint8_t* head, const test::TwoInputs& inputs)
      : module_(packed(head[4], formed(head[3], inputs.second), "lib/modules/6.12.0/m.ko")) {
    const auto kernels = two_inputs(inputs.first);
    const bool has_new = head[1] >= 128 && kernels;
    kernel_ = packed(head[2], formed(head[1], has_new ? kernels->first : inputs.first), "boot/vmlinuz-6.12.0");
    kernel_path_ = root_ + "/vmlinux" + kernel_.suffix;
    new_ = has_new ? test::text_of(kernels->second) : kernel_.content;
    width_ = head[4] >= 128 ? 50 : 0;
    restore();
  }

  /// Puts both files back, and empties OUT.
  void restore() const {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ + "/in");
    std::filesystem::create_directories(out_);
    test::write_file(kernel_path_, kernel_.content);
    test::write_file(new_path_, new_);
    test::write_file(module_path_, module_.content);
  }

  [[nodiscard]] Result run(Words words, const std::string& jobs) const {
    for (std::string& word : words) {
      if (word == "KERNEL") word = kernel_path_;
      if (word == "MODULE") word = module_path_;
      if (word == "NEW") word = new_path_;
      if (word == "DIR") word = root_ + "/in";
      if (word == "TREE") word = root_;
      if (word.starts_with("OUT")) word.replace(0, 3, out_);
    }
    const Words shown = words;
    words.insert(words.begin(), {"--jobs", jobs});
    Result result;
    StringOutput out, err;
    Messages messages(err);
    try {
      const Invocation invocation = parse_command_line(words, all_commands());
      messages.set({.verbosity = invocation.global.verbosity});
      result.status = invocation.run(
          {.global = invocation.global, .out = out, .messages = messages, .out_width = width_, .arguments = shown});
    } catch (const Error& error) {
      messages.error(error);
    }
    result.out = out.text();
    result.err = err.text();
    must_be_safe_text(result.err);
    if (result.out.starts_with("<!DOCTYPE")) {
      result.out = checked_page(std::move(result.out));
    } else {
      must_be_safe_text(result.out);
    }
    if (words[2] == "-j" || words[2] == "-p") must(result.out.empty() || nlohmann::json::accept(result.out));
    for (const auto& entry : std::filesystem::directory_iterator(out_)) {
      std::string content = test::read_file(entry.path().string());
      if (entry.path().extension() == ".html") content = checked_page(std::move(content));
      result.files[entry.path().filename().string()] = std::move(content);
    }
    return result;
  }

  /// The same with one thread and with two. Which thread is first is chance, and so is not to guide the fuzzer.
  [[nodiscard]] Result run_both(const Words& words) const {
    Result one = run(words, "1");
    restore();
    Result two;
    test::uncounted([&] { two = run(words, "2"); });
    must(one.status == two.status && one.out == two.out && one.err == two.err && one.files == two.files);
    return one;
  }

  /// Writes beside the module, then into it, and compares. What is judged does not depend on where it goes: a command
  /// that succeeds in place succeeds beside, where both answer no they do so for the same, and only what is wrong with
  /// the file itself, as a place to write to, may keep a command from writing into it alone. What does not succeed
  /// leaves the file as it is. In place, `resolve-ids --no-sort` leaves `.BTF` as it is, without reading it where no id
  /// needs it, and functions with implicit arguments whole, so that ids may differ as well.
  void rewrite(const Words& words) const {
    Words beside = words, inside = words;
    beside.insert(beside.end(), {"--output-dir", "OUT"});
    inside.emplace_back("--in-place");
    const bool is_ids = words[0] == "resolve-ids";
    if (is_ids) beside = words;
    const bool keeps_btf = is_ids && std::ranges::find(words, "--no-sort") != words.end();
    const Result other = is_ids ? run_beside(beside) : run_both(beside);
    restore();
    const Result result = run(inside, "1");
    if (!keeps_btf && result.status != other.status) {
      must(result.status == Status::trouble && is_no_place(result.err));
    }
    const std::string module = test::read_file(module_path_);
    // A package may succeed as well, when nothing in it has to change.
    if (result.status != Status::yes || !packed_package_kind(as_bytes(module)).empty()) {
      must(module == module_.content);
      return;
    }
    const Image image = unwrap(Bytes::copy_of(module), "module");
    if (!image.elf) return;
    if (keeps_btf) must(contents(image, ".BTF") == contents(unwrap(Bytes::copy_of(module_.content), "module"), ".BTF"));
    if (result.err.find("implicit arguments, because .BTF stays as it is") != std::string::npos) return;
    for (const auto& [name, content] : other.files) {
      const std::string section = name.substr(name.find(".BTF"));
      if (!keeps_btf || section != ".BTF") must(contents(image, section) == content);
    }
  }

 private:
  /// What a command says, and writes beside the module itself.
  [[nodiscard]] Result run_beside(const Words& words) const {
    Result result = run(words, "1");
    for (const auto& entry : std::filesystem::directory_iterator(root_ + "/in")) {
      const std::string path = entry.path().string();
      if (path != module_path_) result.files[entry.path().filename().string()] = test::read_file(path);
    }
    return result;
  }

  std::string root_ = directory() + "/case", out_ = root_ + "/out";
  Packed kernel_, module_;
  std::string new_;
  std::size_t width_ = 0;
  std::string kernel_path_, new_path_ = root_ + "/new";
  std::string module_path_ = root_ + "/in/m.ko" + module_.suffix;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t head = 5;
  if (size < head) return 0;
  const auto inputs = test::two_inputs(data + head, size - head);
  if (!inputs) return 0;
  const Case files(data, *inputs);
  const std::size_t number = data[0] % (commands.size() + rewriting_commands.size());
  if (number < commands.size()) {
    (void)files.run_both(commands[number]);
  } else {
    files.rewrite(rewriting_commands[number - commands.size()]);
  }
  return 0;
}
