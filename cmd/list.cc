// list: what carries BTF.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/output.h"
#include "base/printable.h"
#include "cmd/batch_report.h"
#include "cmd/cli/command.h"
#include "cmd/inspect.h"
#include "emit/report/json_results.h"
#include "emit/report/listing.h"
#include "image/modules.h"
#include "image/running.h"

namespace btfx {

namespace {

/// How many sources there were of which sort.
struct Summary {
  std::uint64_t sources = 0, standalone = 0, split = 0, distilled = 0, none = 0, errors = 0, types = 0;

  void fail() {
    ++sources;
    ++errors;
  }
  void count(const Listing& listing) {
    if (listing.part == 1) ++sources;
    if (!listing.relation) {
      ++none;
    } else {
      ++(*listing.relation == Relation::standalone ? standalone
         : *listing.relation == Relation::split    ? split
                                                   : distilled);
      types += *listing.types;
    }
  }
  [[nodiscard]] JsonRecord record() const {
    return {{"sources", sources}, {"standalone", standalone}, {"split", split}, {"distilled", distilled},
            {"none", none},       {"errors", errors},         {"types", types}};
  }
};

Status list_sources(const Context& context, const std::vector<std::string>& sources) {
  ModuleStream stream(sources, {.with_kernels = true});
  BatchReport report(context, "source");
  report.head(listing_header());
  Summary summary;
  using Listings = std::vector<Listing>;  // one for each BTF of a source
  const auto look = [](const ModuleItem& item, Listings& listings) { listings = inspect(open_module(item)); };
  run_items<Listings>([&] { return stream.next(); }, stream.count(), context, look,
                      [&](Done<Listings>&& done) {
                        if (done.error) {
                          summary.fail();
                          return report.fail(done.name, *done.error);
                        }
                        for (const Listing& listing : done.result) {
                          summary.count(listing);
                          report.add([&] { return listing_row(listing); }, [&] { return listing_record(listing); });
                        }
                      });
  return report.finish([] { return std::string(); }, [&] { return summary.record(); });
}

/// The ids of the objects that use each BTF object.
std::map<std::uint32_t, std::vector<std::uint32_t>> users(RunningType type) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> users;
  for (const RunningObject& object : running_objects(type)) {
    if (object.btf_id != 0) users[object.btf_id].push_back(object.id);
  }
  return users;
}

std::string owners(const std::vector<std::uint32_t>& programs, const std::vector<std::uint32_t>& maps) {
  std::string text;
  const auto add = [&text](const char* word, const std::vector<std::uint32_t>& ids) {
    if (ids.empty()) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", word, fmt::join(ids, ","));
  };
  add("programs", programs);
  add("maps", maps);
  return text.empty() ? "-" : text;
}

Status list_running(const Context& context) {
  const std::vector<RunningObject> objects = running_objects(RunningType::btf);
  auto programs = users(RunningType::program);
  auto maps = users(RunningType::map);
  if (context.global.json) {
    JsonResults json(context.out, context.global.pretty);
    for (const RunningObject& object : objects) {
      json.add({{"id", object.id},
                {"name", object.name.empty() ? JsonRecord(nullptr) : JsonRecord(object.name)},
                {"kernel", object.is_kernel},
                {"size", object.size},
                {"programs", programs[object.id]},
                {"maps", maps[object.id]}});
    }
    json.finish({{"objects", objects.size()}});
    return Status::yes;
  }
  const auto row = [&](const auto& id, const auto& size, std::string_view owner, std::string_view name,
                       std::string_view used_by) {
    return fmt::format("{:>6} {:>9} {:<6} {:<24} {}\n", id, size, owner, name, used_by);
  };
  BufferedOutput text(context.out);
  text.write(row("ID", "SIZE", "FROM", "NAME", "USED-BY"));
  for (const RunningObject& object : objects) {
    text.write(row(object.id, object.size, object.is_kernel ? "kernel" : "user",
                   object.name.empty() ? "-" : printable(object.name), owners(programs[object.id], maps[object.id])));
  }
  text.flush();
  return Status::yes;
}

}  // namespace

Command make_list_command() {
  const auto sources = std::make_shared<std::vector<std::string>>();
  Command command;
  command.name = "list";
  command.list("SOURCE", "SOURCE", *sources, "A source, directory or package", Complete::module);
  command.reports = [] { return true; };
  command.run = [sources](const Context& context) {
    return sources->empty() ? list_running(context) : list_sources(context, *sources);
  };
  return command;
}

}  // namespace btfx
