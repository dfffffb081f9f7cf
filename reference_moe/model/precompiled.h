#pragma once

// Read once for all files of this module; each still includes what it uses.
#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIndexing.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>
