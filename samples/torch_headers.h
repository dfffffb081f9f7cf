#pragma once

// The precompiled header of the samples: LibTorch's headers cost more time than a sample does.
#include <torch/torch.h>
