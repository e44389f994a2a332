// The part of fmt that its headers leave to its library, for a program that does without the shared one.
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
// Templates that format.h only declares; all else in format-inl.h is defined by including it.
template auto dragonbox::to_decimal(float) noexcept -> dragonbox::decimal_fp<float>;
template auto dragonbox::to_decimal(double) noexcept -> dragonbox::decimal_fp<double>;
template auto thousands_sep_impl(locale_ref) -> thousands_sep_result<char>;
template auto decimal_point_impl(locale_ref) -> char;
template locale_ref::locale_ref(const std::locale&);
template auto locale_ref::get<std::locale>() const -> std::locale;
}  // namespace detail
FMT_END_NAMESPACE
