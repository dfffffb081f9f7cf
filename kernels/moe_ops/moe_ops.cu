#include "kernels/moe_ops/moe_ops.h"

#include <string>

#include "kernels/moe_ops/grouped.h"
#include "kernels/moe_ops/moe_check.h"
#include "kernels/moe_ops/moe_choice.h"
#include "kernels/moe_ops/routing/gate.h"

namespace hotloop::kernels {
namespace {

struct Device {
  MoeDevice properties;
  int multiprocessors = 1;
};

Result<Device> currentDevice() {
  int device = 0, major = 0, minor = 0;
  Device found;
  cudaError_t error = cudaGetDevice(&device);
  const auto ask = [&](int &value, cudaDeviceAttr attribute) {
    if (error == cudaSuccess) error = cudaDeviceGetAttribute(&value, attribute, device);
  };
  ask(major, cudaDevAttrComputeCapabilityMajor);
  ask(minor, cudaDevAttrComputeCapabilityMinor);
  ask(found.properties.sharedBytes, cudaDevAttrMaxSharedMemoryPerBlockOptin);
  ask(found.multiprocessors, cudaDevAttrMultiProcessorCount);
  if (error != cudaSuccess)
    return Unexpected(
        unsupported(std::string("No CUDA device answers: ") + cudaGetErrorString(error) + "."));
  found.properties.capability = 10 * major + minor;
  if (found.properties.capability < 80)
    return Unexpected(
        unsupported("The device's compute capability is below 8.0, the least that the "
                    "operators are built for."));
  return found;
}

// The variant to run: as asked, or the choice; refused with the reason when it cannot run.
Result<int> resolve(MoeOperator op, int variant, const MoeShape &shape, ProductType product,
                    const MoeDevice &device) {
  if (variant == kChoose) variant = chooseVariant(op, shape, product, device).variant;
  std::string why;
  if (!canRun(op, variant, shape, product, device, &why))
    return Unexpected(unsupported("Variant " + std::to_string(variant) + " of " +
                                  std::string(nameOf(op)) + " cannot run here: " + why + "."));
  return variant;
}

// Shape, device and variant of a grouped product; then `run(variant)`.
template <class Args, class Run> Result<void> grouped(MoeOperator op, const Args &args, Run run) {
  if (Result<void> good = checkShape(args.shape); !good) return good;
  const Result<Device> device = currentDevice();
  if (!device) return Unexpected(device.error());
  const Result<int> variant =
      resolve(op, args.variant, args.shape, args.product, device->properties);
  if (!variant) return Unexpected(variant.error());
  return run(*variant);
}

ProductType productOf(ElementType type) {
  return type == ElementType::kBFloat16  ? ProductType::kBFloat16
         : type == ElementType::kFloat16 ? ProductType::kFloat16
                                         : ProductType::kFloat32;
}

} // namespace

Result<void> gateForward(const GateForward &a, cudaStream_t stream) {
  if (Result<void> good = checkShape(a.shape); !good) return good;
  if (Result<void> good = checkPair("gate", a.xType, a.gateType, false); !good) return good;
  const Result<Device> device = currentDevice();
  if (!device) return Unexpected(device.error());
  const Result<int> variant =
      resolve(MoeOperator::kGate, a.variant, a.shape, productOf(a.xType), device->properties);
  if (!variant) return Unexpected(variant.error());
  if (*variant == kGatePlain) return routing::gatePlain(a, stream);
  const bool hasClusters = device->properties.capability >= 90;
  if (*variant == kGateFew) return routing::gateFew(a, hasClusters ? 2 : 1, stream);
  int blocks = 1;
  if (*variant == kGateCluster) {
    // As many blocks as fill the device; at least one step of 64 columns for each.
    const std::int64_t tiles = (a.shape.tokens + kCountTile - 1) / kCountTile;
    while (blocks < 8 && tiles * blocks * 2 <= device->multiprocessors &&
           blocks * 2 * 64 <= a.shape.dim)
      blocks *= 2;
  }
  return routing::gateTiles(a, blocks, stream);
}

Result<void> permuteRows(const PermuteRows &a, cudaStream_t stream) {
  if (Result<void> good = checkShape(a.shape); !good) return good;
  if (Result<void> good = checkPair("rows", a.xType, a.rowType, true); !good) return good;
  const Result<Device> device = currentDevice();
  if (!device) return Unexpected(device.error());
  return routing::permute(a, device->multiprocessors, stream);
}

Result<void> groupedUp(const GroupedUp &a, cudaStream_t stream) {
  return grouped(MoeOperator::kUp, a, [&](int variant) {
    return variant >= kHopperWide ? hopper::rowsUp(a, variant, stream)
           : variant == kPortable ? portable::rowsUp(a, stream)
                                  : plain::rowsUp(a, stream);
  });
}

Result<void> groupedDown(const GroupedDown &a, cudaStream_t stream) {
  return grouped(MoeOperator::kDown, a, [&](int variant) {
    return variant >= kHopperWide ? hopper::rowsDown(a, variant, stream)
           : variant == kPortable ? portable::rowsDown(a, stream)
                                  : plain::rowsDown(a, stream);
  });
}

Result<void> combineRows(const CombineRows &a, cudaStream_t stream) {
  if (Result<void> good = checkShape(a.shape); !good) return good;
  if (Result<void> good = checkPair("out", a.rowType, a.outType, true); !good) return good;
  return routing::combine(a, stream);
}

Result<void> gatherRows(const GatherRows &a, cudaStream_t stream) {
  if (Result<void> good = checkShape(a.shape); !good) return good;
  if (Result<void> good = checkPair("rows", a.xType, a.rowType, true); !good) return good;
  return routing::gather(a, stream);
}

Result<void> groupedDownBackward(const GroupedDownBackward &a, cudaStream_t stream) {
  return grouped(MoeOperator::kDownBackward, a, [&](int variant) {
    return variant >= kHopperWide ? hopper::rowsDownBackward(a, variant, stream)
                                  : portable::rowsDownBackward(a, stream);
  });
}

Result<void> groupedUpBackward(const GroupedUpBackward &a, cudaStream_t stream) {
  return grouped(MoeOperator::kUpBackward, a, [&](int variant) {
    return variant >= kHopperWide ? hopper::rowsUpBackward(a, variant, stream)
                                  : portable::rowsUpBackward(a, stream);
  });
}

Result<void> groupedWeightGradient(const GroupedWeightGradient &a, cudaStream_t stream) {
  if (Result<void> good = checkGradient(a.leftColumns, a.rightColumns, a.product, a.gradientType);
      !good)
    return good;
  return grouped(MoeOperator::kWeightGradient, a, [&](int variant) {
    return variant >= kHopperWide ? hopper::weightGradient(a, variant, stream)
                                  : portable::weightGradient(a, stream);
  });
}

Result<void> gateBackward(const GateBackward &a, cudaStream_t stream) {
  if (Result<void> good = checkShape(a.shape); !good) return good;
  return routing::gateGradient(a, stream);
}

Result<void> inputGradient(const InputGradient &a, cudaStream_t stream) {
  if (Result<void> good = checkShape(a.shape); !good) return good;
  if (Result<void> good = checkPair("dx", a.rowType, a.xType, true); !good) return good;
  if (Result<void> good = checkPair("gate", a.xType, a.gateType, false); !good) return good;
  return routing::inputGradient(a, stream);
}

Result<void> gateWeightGradient(const GateWeightGradient &a, cudaStream_t stream) {
  if (Result<void> good = checkShape(a.shape); !good) return good;
  if (Result<void> good = checkPair("gate", a.xType, a.gateType, false); !good) return good;
  return routing::gateWeightGradient(a, stream);
}

} // namespace hotloop::kernels
