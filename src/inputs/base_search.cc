#include "inputs/base_search.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/attempt.h"
#include "base/batch.h"
#include "base/memory_error.h"
#include "btf/evidence.h"
#include "btf/load.h"
#include "image/kernel_paths.h"
#include "image/kernels.h"
#include "image/modules.h"
#include "image/package_summary.h"
#include "transform/check/check.h"

namespace btfx {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_samples = 64;
/// Of kernels that take none of the samples so many are kept, so that it can be said why they do not.
constexpr std::size_t max_others = 32;

/// A module that stands for all of its release.
struct Sample {
  std::string release;  ///< empty when it is not known
  Image image;
  bool has_base = false;  ///< a kernel was found that takes it
};

/// One module of each release that the arguments have modules of. Nothing where only reading all would tell.
class Sampler {
 public:
  std::optional<std::vector<Sample>> run(const std::vector<std::string>& modules) {
    for (const std::string& argument : modules) {
      if (!add_argument(argument)) return std::nullopt;
    }
    return std::move(samples_);
  }

 private:
  bool add_argument(const std::string& argument) {
    std::error_code ignored;
    const fs::file_status status = fs::status(argument, ignored);
    if (fs::is_directory(status)) return add_directory(argument);
    if (!fs::is_regular_file(status)) return false;
    if (!holds_modules(argument)) {
      ModuleItem item;
      item.name = item.path = argument;
      return add(item);
    }
    const std::optional<PackageSummary> summary = summarise_package_file(argument);
    const auto has_modules = [](const auto& release) { return release.second.modules > 0; };
    if (!summary || std::ranges::count_if(summary->releases, has_modules) != 1) return false;
    const std::optional<ModuleItem> first = ModuleStream({argument}).next();
    return first && add(*first);
  }

  bool add_directory(const std::string& directory) {
    ModuleStream stream({directory});
    if (!stream.count()) return false;  // it holds packages
    while (const std::optional<ModuleItem> item = stream.next()) {
      if (!add(*item)) return false;
    }
    return true;
  }

  /// False when there are too many whose path does not tell the release.
  bool add(const ModuleItem& item) {
    // A module below kernel/ is of the release that the path names. Others there may have been built for another one.
    const std::string_view in_path = release_of_path(item.name);
    const std::size_t at = item.name.rfind(in_path);
    const bool is_told =
        !in_path.empty() && std::string_view(item.name).substr(at + in_path.size()).starts_with("/kernel/");
    if (is_told && paths_seen_.contains(in_path)) return true;
    if (++opened_ > max_samples) return false;
    std::optional<Image> image = optional_on_error([&] { return open_module(item); });  // checking it will say why
    if (!image) return true;
    if (is_told) paths_seen_.emplace(in_path);
    std::string release = kernel_release(*image);
    const auto is_known = [&](const Sample& sample) { return !release.empty() && sample.release == release; };
    if (std::ranges::none_of(samples_, is_known)) samples_.push_back({std::move(release), *std::move(image)});
    return true;
  }

  std::vector<Sample> samples_;
  std::set<std::string, std::less<>> paths_seen_;  // releases
  std::size_t opened_ = 0;
};

class Search {
 public:
  Search(unsigned jobs, const SearchPaths& paths, const std::function<void(std::size_t, std::size_t)>& progress)
      : jobs_(jobs), paths_(paths), progress_(progress) {}

  BaseSearch run(const std::string& directory, const std::vector<std::string>& modules) {
    KernelSources sources = all_kernel_sources_below(directory);
    search_.unread = std::move(sources.unread);
    search_.candidates = sources.files.size();
    samples_ = Sampler().run(modules);
    std::array<std::vector<std::string>, 3> by_name;
    for (std::string& path : sources.files) by_name[unlikeliness(path)].push_back(std::move(path));
    for (const std::vector<std::string>& files : by_name) {
      // In pieces, between which it can end.
      for (auto at = files.begin(); at != files.end() && !is_done();) {
        const auto stop = at + std::min<std::ptrdiff_t>(files.end() - at, std::ptrdiff_t{2} * jobs_);
        look_at({at, stop});
        at = stop;
      }
    }
    std::ranges::sort(found_, {}, &Found::path);
    for (Found& found : found_) search_.kernels.push_back(std::move(found.kernel));
    return std::move(search_);
  }

 private:
  struct Found {
    std::string path;
    KernelPtr kernel = {};
    std::optional<Error> error = {};
    std::vector<bool> takes = {};  ///< each of the samples
  };

  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_ ? *samples_ : no_samples_; }

  /// 0 for a path that names the release of a module, 1 for one that names its version alone, 2 for others.
  [[nodiscard]] std::size_t unlikeliness(const std::string& path) const {
    std::size_t least = 2;
    for (const Sample& sample : samples()) {
      const std::string version = sample.release.substr(0, sample.release.find_first_of("+-"));
      if (version.empty() || path.find(version) == std::string::npos) continue;
      least = std::min<std::size_t>(least, path.find(sample.release) == std::string::npos ? 1 : 0);
    }
    return least;
  }

  [[nodiscard]] bool is_done() const {
    return samples_ && !samples_->empty() && std::ranges::all_of(*samples_, &Sample::has_base);
  }

  /// Checking the module itself will say what is wrong with it.
  static bool fits(const Sample& sample, const Kernel& kernel) {
    return optional_on_error([&] {
             // Most kernels are told apart by that alone, and much sooner.
             if (relation_of(sample.image) == Relation::split &&
                 !weigh_base(*load_btf(sample.image, kernel.btf())).belongs()) {
               return false;
             }
             return check_module(sample.image, kernel.check_base()).outcome == CheckOutcome::ok;
           })
        .value_or(false);
  }

  void look_at(const std::vector<std::string>& files) {
    const auto read = [this](const std::string& path) {
      Found found{.path = path};
      try {
        in_place(path, {},
                 [&] { with_memory_as_error([&] { found.kernel = std::make_shared<const Kernel>(path, paths_); }); });
        for (const Sample& sample : samples()) found.takes.push_back(fits(sample, *found.kernel));
      } catch (const Error& error) {
        found.error = error;
      }
      return found;
    };
    run_batch(files, jobs_, read, [this](Found&& found) {
      progress_(++search_.looked_at, search_.candidates);
      take(std::move(found));
    });
  }

  void take(Found&& found) {
    if (found.error) {
      (found.error->code() == ErrorCode::io ? search_.unread : search_.unusable).push_back(*found.error);
      return;
    }
    const Btf& btf = *found.kernel->btf();
    const std::pair size(btf.own_words().size(), btf.own_strings().size());
    const auto [first, last] = by_size_.equal_range(size);
    const auto is_same = [&](const auto& other) {
      return std::ranges::equal(other.second->own_words(), btf.own_words()) &&
             other.second->own_strings() == btf.own_strings();
    };
    if (std::any_of(first, last, is_same)) return;
    bool is_wanted = !samples_;
    for (std::size_t i = 0; i < found.takes.size(); ++i) {
      Sample& sample = (*samples_)[i];
      is_wanted = is_wanted || found.takes[i] || (!sample.release.empty() && sample.release == found.kernel->release());
      sample.has_base = sample.has_base || found.takes[i];
    }
    if (!is_wanted && ++others_ > max_others) return;
    by_size_.emplace(size, found.kernel->btf());
    found_.push_back(std::move(found));
  }

  unsigned jobs_;
  const SearchPaths& paths_;
  const std::function<void(std::size_t, std::size_t)>& progress_;
  BaseSearch search_;
  std::optional<std::vector<Sample>> samples_;
  const std::vector<Sample> no_samples_;
  std::vector<Found> found_;
  std::multimap<std::pair<std::size_t, std::size_t>, BtfPtr> by_size_;
  std::size_t others_ = 0;
};

}  // namespace

BaseSearch search_bases(const std::string& directory, const std::vector<std::string>& modules, unsigned jobs,
                        const SearchPaths& paths, const std::function<void(std::size_t, std::size_t)>& progress) {
  return Search(jobs, paths, progress).run(directory, modules);
}

}  // namespace btfx
