#include <stdexcept>

#include "reference_moe/model/layer_kernels.h"

namespace hotloop::moe {

KernelLayer layerByKernels(const at::Tensor &, const LayerParameters &, at::ScalarType,
                           const std::shared_ptr<GroupedBuffers> &, const RouterOptions &,
                           const ExpertOptions &) {
  throw std::runtime_error("this build has no CUDA kernels (HOTLOOP_WITH_CUDA=OFF)");
}

} // namespace hotloop::moe
