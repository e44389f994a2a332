#include "transform/check/load_refusal.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "btf/evidence.h"
#include "btf/load.h"
#include "btf/raw_btf.h"

namespace btfx {

namespace {

class Loading {
 public:
  Loading(const Image& image, const Btf& split, const KernelProfile& kernel, const Btf& vmlinux)
      : image_(image),
        split_(split),
        kernel_(kernel),
        vmlinux_(vmlinux),
        is_stored_(has_section(image, base_section)) {}

  std::optional<LoadRefusal> run(LookAt sections) {
    if (!kernel_.rules.relocates) return too_old();
    const Btf& distilled = *split_.base();
    if (is_stored_) {
      if (auto refusal = look_at(base_section, distilled, nullptr)) return refusal;
      if (sections == LookAt::both || split_.byte_order() != vmlinux_.byte_order()) {
        if (auto refusal = look_at(main_section, split_, &distilled)) return refusal;
      }
    }
    if (const std::optional<KernelFailure> failure = refuse_distilled_base(distilled)) {
      return LoadRefusal{*failure,
                         refusal_of("not-distilled", base_section, error_name(failure->error), failure->message)};
    }
    return std::nullopt;
  }

 private:
  static Diagnostic refusal_of(FindingCode code, std::string_view section, std::string_view error,
                               std::string_view words) {
    return {Severity::error,
            code,
            fmt::format("the kernel refuses it with {}: {}", error, words),
            {.section = std::string(section)}};
  }

  [[nodiscard]] BtfVerdict ask(const Bytes& blob, const Btf* base) const {
    KernelRules rules = kernel_.is_known || !has_layout_section(blob.view()) ? kernel_.rules : KernelRules::newest();
    rules.byte_order = vmlinux_.byte_order();
    rules.pointer_size = vmlinux_.pointer_size();
    return validate_btf(blob.view(), {.kernel = rules, .path = LoadPath::kernel}, base);
  }

  /// What the kernel says to a section as it is stored.
  [[nodiscard]] std::optional<LoadRefusal> look_at(std::string_view section, const Btf& btf, const Btf* base) const {
    const bool is_compressed = is_stored_compressed(image_, section);
    const BtfVerdict verdict = ask(is_compressed ? stored_section(image_, section) : btf.blob(), base);
    if (verdict.ok()) return std::nullopt;
    const BtfFinding& first = verdict.findings.front();
    LoadRefusal refusal{{first.line, verdict.error},
                        refusal_of(finding_code(first.rule), section, error_name(verdict.error),
                                   first.line.empty() ? std::string_view("without a word") : first.line)};
    if (is_compressed) {
      refusal.finding.code = "compressed";
      refusal.finding.text = "is stored compressed, and kernels do not unpack sections; " + refusal.finding.text;
    }
    return refusal;
  }

  [[nodiscard]] std::optional<LoadRefusal> too_old() const {
    const Bytes& blob = split_.blob();
    const BtfVerdict verdict = ask(blob, &vmlinux_);
    LoadRefusal refusal{{}, {Severity::error, "too-old", {}, {.section = std::string(base_section)}}};
    std::string& text = refusal.finding.text;
    text = "the kernel does not read it, and takes .BTF for split BTF on its own: ";
    if (!verdict.ok()) {
      refusal.failure = {verdict.findings.front().line, verdict.error};
      text += fmt::format("it refuses that with {}: {}", error_name(verdict.error), refusal.failure.message);
      return refusal;
    }
    text += "it misreads that";
    const RawBtf records = RawBtf::read(blob.view(), &vmlinux_);
    if (const BaseEvidence evidence = weigh_base(records); !evidence.belongs()) {
      text += ": " + describe(evidence, records);
    }
    return refusal;
  }

  const Image& image_;
  const Btf& split_;
  const KernelProfile& kernel_;
  const Btf& vmlinux_;
  bool is_stored_;
};

}  // namespace

std::optional<LoadRefusal> refuse_before_mapping(const Image& image, const Btf& split, const KernelProfile& kernel,
                                                 const Btf& vmlinux, LookAt sections) {
  return Loading(image, split, kernel, vmlinux).run(sections);
}

}  // namespace btfx
