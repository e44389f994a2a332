// The JSON of commands that work on many inputs: `{"results":[...],"summary":{...}}`, written record by record.
#pragma once

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output.h"

namespace btfx {

/// A record whose fields keep the order in which they were set.
using JsonRecord = nlohmann::ordered_json;

/// A finding: severity, code, text, and section, offset and type_id where they are known; not the file.
JsonRecord json_record(const Diagnostic& finding);

/// Writes the document as its records come, so that memory does not grow with their number. Bytes of strings that are
/// no UTF-8 become U+FFFD, because file names and strings of a BTF may be anything while JSON may not.
class JsonResults {
 public:
  JsonResults(Output& out, bool pretty) : out_(out), pretty_(pretty) {}
  void add(const JsonRecord& record);
  /// Ends the list, adds the summary and a newline. Call it once, after the last record.
  void finish(const JsonRecord& summary);

 private:
  void put(const JsonRecord& record, std::size_t depth);
  void begin();

  BufferedOutput out_;
  bool pretty_;
  bool empty_ = true;
};

}  // namespace btfx
