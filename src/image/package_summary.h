// What is in a package, told by its control files or header, without unpacking it; and which packages belong together.
//
// Distributions split a kernel: Debian since 6.19 into linux-image, which is empty, linux-binary with the boot image
// and linux-modules; Ubuntu and Fedora alike. Those that belong together are *companions*: they hold parts of one
// release.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/once.h"

namespace btfx {

/// What a package says of itself.
struct PackageSummary {
  /// What it has of one kernel release.
  struct Parts {
    bool image = false;       ///< a file that is a kernel image by its name
    std::size_t modules = 0;  ///< how many there are
    bool config = false;      ///< the configuration that it was built with
  };

  std::string name, version;
  std::vector<std::string> needs;         ///< names of the packages of its own version that it depends on
  std::map<std::string, Parts> releases;  ///< by release; the empty one is of an image without a release in its path

  [[nodiscard]] bool has_image() const;
  [[nodiscard]] bool has_modules() const;
  /// How many modules there are, of all releases.
  [[nodiscard]] std::size_t modules() const;
  [[nodiscard]] bool has_config() const;
};

/// Reads the control files of a Debian package or the header of an RPM package. Nothing for other archives, which have
/// no such thing, for Debian packages without the list of their files (md5sums), and for what is damaged.
std::optional<PackageSummary> summarise_package(const Bytes& content);
/// The same for a file on disk; nothing also when it cannot be read.
std::optional<PackageSummary> summarise_package_file(const std::string& path);

/// The packages in the directory of `path` that can be summarised, itself left out, sorted by path.
std::vector<std::pair<std::string, PackageSummary>> packages_beside(const std::string& path);

using SummarisedPackages = std::vector<std::pair<std::string, PackageSummary>>;
/// Those of some files that are packages which can be summarised, in their order.
SummarisedPackages summarise_packages(const std::vector<std::string>& paths);

/// Those of some packages that have the modules for a package without any: those of the releases whose image it has,
/// or, where it has none, those that it depends on.
std::vector<std::string> module_packages_among(const SummarisedPackages& packages, const PackageSummary& summary);

/// Packages in groups that hold parts of one kernel: of one release, or a package without any and those that it depends
/// on. In the order in which they come; no groups at all when one of them cannot be summarised.
std::vector<std::vector<std::string>> packages_by_kernel(const std::vector<std::string>& paths);

/// Names what must be given beside a package that has no modules or no kernel image: a sentence for an error message.
std::string advice_for(const PackageSummary& summary);

/// The kernel image that belongs to the modules of a package on disk: in the package itself, where it may stand behind
/// the modules, in a companion beside it, or in what else was given.
class PackageKernel {
 public:
  /// `package`: empty for modules in no package. `given`: packages and directories.
  explicit PackageKernel(std::string package, std::vector<std::string> given = {})
      : package_(std::move(package)), given_(std::move(given)) {}

  /// The package with the image of a release, as a base source; nothing when there is none. Reads the package, if need
  /// be up to the image, when first called; safe to call from many threads. Throws Error, each time, when there is no
  /// companion with it and the package cannot be read: then nobody knows.
  [[nodiscard]] std::optional<std::string> source(const std::string& release) const;
  /// The file with the image of a release in a directory that was given; nothing when there is none.
  [[nodiscard]] std::optional<std::string> in_directories(const std::string& release) const;
  /// The image was seen in the package itself, and need not be looked for.
  void found();

 private:
  [[nodiscard]] bool look_inside() const;
  [[nodiscard]] std::map<std::string, std::string> look_beside() const;

  std::string package_;
  std::vector<std::string> given_;
  mutable OncePerKey<std::string, std::optional<std::string>> in_directories_;  // by release
  mutable Once<bool> is_inside_;
  mutable Once<std::map<std::string, std::string>> companions_;  // release and the package that has its image
};

}  // namespace btfx
