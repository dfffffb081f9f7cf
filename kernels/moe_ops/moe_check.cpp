#include "kernels/moe_ops/moe_check.h"

#include <algorithm>
#include <limits>
#include <string>

namespace hotloop::kernels {
namespace {

Unexpected refuse(const std::string &what, std::int64_t value, const std::string &range) {
  return Unexpected(invalidInput("A Mixture-of-Experts layer with " + what + " = " +
                                 std::to_string(value) + " cannot run: it must be " + range + "."));
}

} // namespace

Result<void> checkShape(const MoeShape &s) {
  constexpr std::int64_t kLimit = std::numeric_limits<std::int32_t>::max();
  if (s.experts < 1 || s.experts > 1024) return refuse("experts", s.experts, "1 to 1024");
  const std::int64_t mostSlots = std::min<std::int64_t>(s.experts, 32);
  if (s.topK < 1 || s.topK > mostSlots)
    return refuse("k", s.topK,
                  "1 to " + std::to_string(mostSlots) + " (at most the experts, at most 32)");
  if (s.dim < 8 || s.dim % 8 != 0 || s.dim > (1 << 20))
    return refuse("width", s.dim, "a multiple of 8, at most 1048576");
  if (s.inner < 8 || s.inner % 8 != 0 || s.inner > (1 << 20))
    return refuse("inner width", s.inner, "a multiple of 8, at most 1048576");
  if (s.tokens < 1 || s.tokens > kLimit / 64 / s.topK)
    return refuse("tokens", s.tokens,
                  "1 to " + std::to_string(kLimit / 64 / s.topK) + " for this k");
  return {};
}

Result<void> checkPair(const char *what, ElementType first, ElementType second, bool either) {
  if (first == second || second == ElementType::kFloat32 ||
      (either && first == ElementType::kFloat32))
    return {};
  return Unexpected(invalidInput(std::string("The type of ") + what +
                                 " cannot be paired with the other: both must be equal, or " +
                                 (either ? "one of them fp32." : "this one fp32.")));
}

Result<void> checkGradient(std::int64_t leftColumns, std::int64_t rightColumns, ProductType product,
                           ElementType gradientType) {
  for (const std::int64_t columns : {leftColumns, rightColumns})
    if (columns < 8 || columns % 8 != 0 || columns > (1 << 21))
      return refuse("columns of a weight gradient", columns, "a multiple of 8, at most 2097152");
  if (gradientType != ElementType::kFloat32 && gradientType != storageOf(product))
    return Unexpected(invalidInput("A weight gradient is stored as fp32 or in the type of its "
                                   "factors; ask for one of the two."));
  return {};
}

} // namespace hotloop::kernels
