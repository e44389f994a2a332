// list: what carries BTF.
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "cmd/cli/command.h"
#include "emit/report/listing.h"
#include "image/modules.h"
#include "image/running.h"
#include "inputs/inspect.h"
#include "run/batch/batch_report.h"

namespace btfx {

namespace {

/// How many sources there were of each kind.
struct Figures {
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
  [[nodiscard]] Record record() const {
    return {{"sources", sources}, {"standalone", standalone}, {"split", split}, {"distilled", distilled},
            {"none", none},       {"errors", errors},         {"types", types}};
  }
};

Status list_sources(const Context& context, const std::vector<std::string>& sources) {
  ModuleStream stream(sources, {.with_kernels = true});
  BatchReport report(context, "source");
  report.use(listing_table());
  Figures summary;
  using Listings = std::vector<Listing>;  // one for each BTF of a source
  const auto look = [](const ModuleItem& item, Listings& listings) { listings = inspect(open_module(item)); };
  run_items<Listings>([&] { return stream.next(); }, progress_total(stream, context), context, look,
                      [&](Done<Listings>&& done) {
                        if (done.error) {
                          summary.fail();
                          return report.fail(done.name, *done.error);
                        }
                        for (const Listing& listing : done.result) {
                          summary.count(listing);
                          report.add(listing_record(listing));
                        }
                      });
  return report.finish({summary.record()});
}

/// The ids of the objects that use each BTF object.
std::map<std::uint32_t, std::vector<std::uint32_t>> users(RunningType type) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> users;
  for (const RunningObject& object : running_objects(type)) {
    if (object.btf_id != 0) users[object.btf_id].push_back(object.id);
  }
  return users;
}

Status list_running(const Context& context) {
  const std::vector<RunningObject> objects = running_objects(RunningType::btf);
  auto programs = users(RunningType::program);
  auto maps = users(RunningType::map);
  BatchReport report(context, "id");
  report.use(running_table());
  for (const RunningObject& object : objects) {
    report.add(
        running_record({object.id, object.name, object.is_kernel, object.size, programs[object.id], maps[object.id]}));
  }
  return report.finish({{{"objects", objects.size()}}});
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
