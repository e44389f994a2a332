// The JSON of commands that work on many inputs: `{"results":[...],"summary":{...}}`, written record by record.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "base/output.h"
#include "emit/report/record.h"

namespace btfx {

/// A document tree. What makes one includes <nlohmann/json.hpp>, which costs seconds to compile; a Record does not.
using JsonRecord = nlohmann::ordered_json;

/// A record in JSON, without what stands in text alone.
JsonRecord to_json(const Record& record);
/// A list of findings.
JsonRecord json_records(const Diagnostics& findings);

/// Writes the document as its records come, so that memory does not grow with their number. Bytes of strings that are
/// no UTF-8 become U+FFFD, because file names and strings of a BTF may be anything while JSON may not.
class JsonResults {
 public:
  JsonResults(Output& out, bool pretty) : out_(out), pretty_(pretty) {}
  void add(const Record& record);
  void add(const JsonRecord& record);
  /// Ends the list, adds the summary and a newline. Call it once, after the last record.
  void finish(const Record& summary);
  void finish(const JsonRecord& summary);

 private:
  void put(const JsonRecord& record, std::size_t depth);
  void begin();

  BufferedOutput out_;
  bool pretty_;
  bool empty_ = true;
};

}  // namespace btfx
