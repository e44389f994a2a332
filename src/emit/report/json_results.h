// The JSON of commands that work on many inputs: `{"results":[...],"summary":{...}}`, written record by record.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/output.h"

namespace btfx {

/// A record whose fields keep the order in which they were set. What makes one includes <nlohmann/json.hpp>, which
/// costs seconds to compile; what passes one on does not.
using JsonRecord = nlohmann::ordered_json;

/// A finding, as it stands in every document: code, severity, text, and file, section, offset and type_id where they
/// are known.
JsonRecord json_record(const Diagnostic& finding);
/// An array of them.
JsonRecord json_records(const Diagnostics& findings);
/// Why an item failed: a finding like the others.
JsonRecord json_record(const Error& error);
/// The record of an item that failed: its name under `key`, and the error.
JsonRecord failed_record(std::string_view key, const std::string& name, const Error& error);

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
