#include "kernels/program/list.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <cuda_runtime_api.h>

#include "kernels/moe_ops/moe_check.h"
#include "kernels/moe_ops/moe_choice.h"

namespace hotloop::kernels::program {
namespace {

std::optional<ProductType> productNamed(std::string_view name) {
  if (name == "bf16") return ProductType::kBFloat16;
  if (name == "fp16") return ProductType::kFloat16;
  if (name == "tf32") return ProductType::kTf32;
  if (name == "fp32") return ProductType::kFloat32;
  return std::nullopt;
}

} // namespace

int listCommand(int count, char **arguments) {
  MoeDevice device;
  int found = 0, major = 0, minor = 0;
  if (cudaGetDeviceCount(&found) == cudaSuccess && found > 0 &&
      cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0) == cudaSuccess &&
      cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, 0) == cudaSuccess &&
      cudaDeviceGetAttribute(&device.sharedBytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0) ==
          cudaSuccess)
    device.capability = 10 * major + minor;
  std::printf("compute capability %d.%d%s\n", device.capability / 10, device.capability % 10,
              found > 0 ? "" : " (no GPU here: as on an H100)");
  if (count == 0) {
    for (const MoeOperator op : kMoeOperators) {
      std::printf("%s\n", std::string(nameOf(op)).c_str());
      for (const MoeVariant &v : moeVariants(op))
        std::printf("  %-14s %s\n", std::string(v.name).c_str(), std::string(v.idea).c_str());
    }
    return 0;
  }
  const std::string_view activation = count >= 6 ? arguments[5] : "";
  const auto product = productNamed(count >= 7 ? arguments[6] : "bf16");
  if (count < 6 || count > 7 || (activation != "gelu" && activation != "swiglu") || !product) {
    std::fprintf(stderr,
                 "A shape is: tokens dim inner experts k gelu|swiglu [bf16|fp16|tf32|fp32].\n");
    return 2;
  }
  MoeShape shape{std::atoll(arguments[0]),
                 std::atoll(arguments[1]),
                 std::atoll(arguments[2]),
                 std::atoll(arguments[3]),
                 std::atoll(arguments[4]),
                 activation == "gelu" ? ExpertActivation::kGelu : ExpertActivation::kSwiglu};
  if (const Result<void> good = checkShape(shape); !good) {
    std::fprintf(stderr, "%s\n", good.error().message.c_str());
    return 2;
  }
  for (const MoeOperator op : kMoeOperators) {
    const MoeChoice choice = chooseVariant(op, shape, *product, device);
    std::printf("%-16s %-14s %s\n", std::string(nameOf(op)).c_str(),
                std::string(moeVariants(op)[static_cast<std::size_t>(choice.variant)].name).c_str(),
                choice.why.c_str());
    for (int v = 0; v < static_cast<int>(moeVariants(op).size()); ++v) {
      std::string why;
      if (!canRun(op, v, shape, *product, device, &why))
        std::printf("%-16s   not %-10s %s\n", "",
                    std::string(moeVariants(op)[static_cast<std::size_t>(v)].name).c_str(),
                    why.c_str());
    }
  }
  return 0;
}

} // namespace hotloop::kernels::program
