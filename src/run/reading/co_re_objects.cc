#include "run/reading/co_re_objects.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/batch.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory_error.h"
#include "btf/bpf_object.h"
#include "image/ar.h"
#include "image/bpf_images.h"
#include "image/elf.h"
#include "image/image.h"
#include "image/modules.h"
#include "image/package.h"
#include "image/plain_file.h"
#include "image/source.h"
#include "transform/co_re/object.h"

namespace btfx {

namespace {

/// One object before it is parsed, or why there is none.
struct Found {
  std::string name;
  std::optional<Image> image = {};
  std::optional<Error> error = {};
};

bool is_for_programs(const Image& image) {
  return image.elf && image.elf->machine() != EM_BPF && image.elf->machine() != EM_NONE;
}

/// Adds an image: itself, or the objects inside of a program. Gives whether there are some.
bool add_image(Image image, std::vector<Found>& found) {
  if (!is_for_programs(image)) {
    std::string name = image.name;
    found.push_back({.name = std::move(name), .image = std::move(image)});
    return true;
  }
  std::size_t number = 0;
  for (Bytes& inside : embedded_bpf_images(*image.elf)) {
    std::string name = fmt::format("{}:{}", image.name, ++number);
    Image object = unwrap(std::move(inside), name);
    found.push_back({.name = std::move(name), .image = std::move(object)});
  }
  return number != 0;
}

/// Adds what is in one file of a directory or package, if it is an ELF file with something for BPF.
void add_file(const Bytes& content, const std::string& name, std::vector<Found>& found) {
  try {
    Image image = unwrap(content, name);
    if (image.elf && image.elf->machine() != EM_NONE) add_image(std::move(image), found);
  } catch (const Error& error) {
    found.push_back({.name = name, .error = error.in(name)});
  }
}

void add_package(const std::string& package, std::vector<Found>& found) {
  PackageReader reader(Bytes::map_file(package), package);
  while (const std::optional<std::string> member = reader.next()) {
    if (ElfFile::recognise(reader.head(SELFMAG))) add_file(reader.read(), package + ":" + *member, found);
  }
}

void add_archive(const Bytes& content, const std::string& name, std::vector<Found>& found) {
  for (const ArMember& member : read_ar(content, name)) {
    if (ElfFile::recognise(member.content.view())) add_file(member.content, name + ":" + member.name, found);
  }
}

/// The content of a file that is an archive of object files; nothing for any other.
std::optional<Bytes> ar_at(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  Bytes content = Bytes::map_file(path);
  return is_ar(content.view()) ? std::optional(std::move(content)) : std::nullopt;
}

/// The regular files below a directory, sorted.
std::vector<std::string> files_below(const std::string& directory) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied, error);
  if (error) throw system_error("read the directory", error.value(), directory);
  for (const fs::recursive_directory_iterator end; at != end; at.increment(error)) {
    if (is_plain_file(*at)) files.push_back(at->path().string());
    if (error) throw system_error("read the directory", error.value(), directory);
  }
  std::ranges::sort(files);
  return files;
}

void add_directory(const std::string& directory, std::vector<Found>& found) {
  for (const std::string& file : files_below(directory)) {
    try {
      const Bytes content = Bytes::map_file(file);
      if (ElfFile::recognise(content.view())) {
        add_file(content, file, found);
      } else if (!package_kind(content.view()).empty()) {
        add_package(file, found);
      } else if (is_ar(content.view())) {
        add_archive(content, file, found);
      }
    } catch (const Error& error) {
      found.push_back({.name = file, .error = error.in(file)});
    }
  }
}

/// All objects of one argument.
std::vector<Found> find_objects(const std::string& source) {
  std::vector<Found> found;
  try {
    with_memory_as_error([&] {
      std::error_code ignored;
      const bool is_directory = std::filesystem::is_directory(source, ignored);
      if (is_directory) {
        add_directory(source, found);
      } else if (holds_modules(source)) {
        add_package(source, found);
      } else if (const std::optional<Bytes> archive = ar_at(source)) {
        add_archive(*archive, source, found);
      } else if (Image image = read_source(source); !add_image(image, found)) {
        found.push_back({.name = source, .image = std::move(image)});  // to be told what it is
        return;
      }
      if (found.empty()) {
        throw Error(ErrorCode::unsupported, "has no BPF objects in it, and no programs that hold some");
      }
    });
  } catch (const Error& error) {
    found.push_back({.name = source, .error = error.in(source)});
  }
  return found;
}

CoreObject read_object(const Found& found) {
  try {
    if (found.error) return {.name = found.name, .error = found.error};
    return with_memory_as_error([&] { return read_core_object(read_bpf_object(*found.image)); });
  } catch (const Error& error) {
    return {.name = found.name, .error = error.in(found.name)};
  }
}

}  // namespace

std::vector<CoreObject> read_core_objects(const std::vector<std::string>& sources, const Context& context) {
  std::vector<Found> all;
  std::deque<Bytes> contents;
  std::unordered_map<std::string_view, std::string> known;  // names by content
  run_batch(
      sources, context.global.jobs, [](const std::string& source) { return find_objects(source); },
      [&](std::vector<Found>&& found) {
        for (Found& one : found) {
          if (one.image) {
            const Bytes& content = contents.emplace_back(one.image->content());
            const auto [first, is_new] = known.emplace(as_text(content.view()), one.name);
            if (!is_new) {
              context.note(fmt::format("{}: is the same as {}", one.name, first->second));
              continue;
            }
          }
          all.push_back(std::move(one));
        }
      });
  std::vector<CoreObject> objects;
  run_batch(
      all, context.global.jobs, [](const Found& found) { return read_object(found); },
      [&](CoreObject&& object) {
        if (object.error) context.error(*object.error);
        for (Diagnostic finding : object.findings) {
          finding.place.file = object.name;
          context.report(finding);
        }
        objects.push_back(std::move(object));
      });
  return objects;
}

}  // namespace btfx
