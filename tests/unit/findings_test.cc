#include "base/findings.h"

#include <set>
#include <stdexcept>
#include <string>

#include "base/error.h"
#include "btf/kernel_rules/validate.h"
#include "catch.h"
#include "cmd/cli/command.h"

namespace btfx {
namespace {

TEST_CASE("Findings: each has a sentence, and is printed by commands that there are") {
  std::set<std::string> names{"*"};
  for (const Command& command : all_commands()) names.insert(command.name);
  for (const FindingDefinition& finding : finding_definitions) {
    INFO(finding.code);
    CHECK_FALSE(finding.sentence.empty());
    CHECK_FALSE(finding.sentence.ends_with('.'));
    REQUIRE_FALSE(finding.commands.empty());
    for (std::size_t at = 0; at <= finding.commands.size();) {
      const std::size_t end = std::min(finding.commands.find(' ', at), finding.commands.size());
      CHECK(names.contains(std::string(finding.commands.substr(at, end - at))));
      at = end + 1;
    }
  }
}

TEST_CASE("Findings: severities of a code") {
  const Severities some = Severities(Severity::note) | Severity::error;
  CHECK(some.contains(Severity::note));
  CHECK_FALSE(some.contains(Severity::warning));
  CHECK(some.contains(Severity::error));
}

TEST_CASE("Findings: the table has the severity of a code, or the caller chooses among those it allows") {
  CHECK(Diagnostic("release", "is odd").severity == Severity::warning);
  CHECK(Diagnostic("ids-stale", "is odd").severity == Severity::error);
  CHECK(Diagnostic("origin", "is odd", {.file = "a"}).place.file == "a");
  Diagnostic lost(Severity::warning, "id-lost", "is odd");
  CHECK(lost.severity == Severity::warning);
  lost.judge(Severity::error);
  CHECK(lost.severity == Severity::error);
  CHECK_THROWS_AS(lost.judge(Severity::note), std::logic_error);
  CHECK(lost.severity == Severity::error);
  CHECK_THROWS_AS(Diagnostic(Severity::error, "release", "is odd"), std::logic_error);
  CHECK(Diagnostic(Severity::note, finding_code(BtfRule::version), "is odd").severity == Severity::note);
  CHECK(find_definition("kernel-version") == find_definition(kernel_rule_family));
  CHECK(find_definition("no-such-code") == nullptr);
  CHECK(find_definition("") == nullptr);
}

TEST_CASE("Findings: those of the kernel's rules have the names of the rules") {
  CHECK(finding_code(BtfRule::blob_size).word() == "kernel-blob-size");
  CHECK(finding_code(BtfRule::version).word() == "kernel-version");
  CHECK(finding_code(BtfRule::enumerator_name_offset).word() == "kernel-enumerator-name-offset");
  CHECK(finding_code(BtfRule::special_fields).word() == "kernel-special-fields");
}

TEST_CASE("Findings: an error is one") {
  const std::pair<ErrorCode, std::string_view> words[] = {
      {ErrorCode::usage, "usage"},         {ErrorCode::io, "io"},           {ErrorCode::truncated, "truncated"},
      {ErrorCode::malformed, "malformed"}, {ErrorCode::no_btf, "no-btf"},   {ErrorCode::unsupported, "unsupported"},
      {ErrorCode::no_base, "no-base"},     {ErrorCode::refused, "refused"},
  };
  for (const auto& [code, word] : words) CHECK(finding_code(code).word() == word);
  const Diagnostic finding = to_diagnostic(Error(ErrorCode::no_btf, "has none", {.file = "a", .offset = 3}));
  CHECK(finding.severity == Severity::error);
  CHECK(finding.code.word() == "no-btf");
  CHECK(finding.text == "has none");
  CHECK(to_string(finding.place) == "a: offset 0x3");
}

}  // namespace
}  // namespace btfx
