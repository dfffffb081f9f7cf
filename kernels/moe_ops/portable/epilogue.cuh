#pragma once

#include "kernels/moe_ops/activation.cuh"
#include "kernels/moe_ops/portable/tile.cuh"

// From the sums of a tile in shared memory to memory: a warp per row, so a row's sum is one
// shuffle.
namespace hotloop::kernels::portable {

template <class S> __device__ __forceinline__ float asFloat(S x) { return static_cast<float>(x); }
template <class S> __device__ __forceinline__ float rounded(float x) {
  return static_cast<float>(static_cast<S>(x));
}

template <class S>
__device__ __forceinline__ void finishRows(const TileArguments &args, const float *sums, int row,
                                           int rowEnd, int columnTile) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  auto *first = static_cast<S *>(args.first);
  auto *second = static_cast<S *>(args.second);
  const auto *hidden = static_cast<const S *>(args.hidden);
  const bool dual =
      args.epilogue == Epilogue::kSwiglu || args.epilogue == Epilogue::kSwigluBackward;
  const std::int64_t width = static_cast<std::int64_t>(args.columns) * (dual ? 2 : 1);
  const int tileColumns = args.epilogue == Epilogue::kSwiglu ? kTile / 2 : kTile;
  for (int local = warp; local < kTile && row + local < rowEnd; local += 8) {
    const std::int64_t r = row + local;
    const float *line = sums + local * kSumPitch;
    const bool backward =
        args.epilogue == Epilogue::kGeluBackward || args.epilogue == Epilogue::kSwigluBackward;
    const float weight = backward ? args.weights[args.slotOfRow[r]] : 0.0f;
    float dWeight = 0;
    for (int c = lane; c < tileColumns; c += 32) {
      const int column = columnTile * tileColumns + c;
      if (column >= args.columns) break;
      const float sum = line[c];
      S *one = first ? first + r * width + column : nullptr;
      S *two = second ? second + r * args.columns + column : nullptr;
      switch (args.epilogue) {
      case Epilogue::kPlain: *one = static_cast<S>(sum); break;
      case Epilogue::kGelu:
        if (one) *one = static_cast<S>(sum);
        *two = static_cast<S>(gelu(rounded<S>(sum)));
        break;
      case Epilogue::kSwiglu: {
        const float up = line[kTile / 2 + c];
        if (one) {
          one[0] = static_cast<S>(sum);
          one[args.columns] = static_cast<S>(up);
        }
        *two = static_cast<S>(silu(rounded<S>(sum)) * rounded<S>(up));
        break;
      }
      case Epilogue::kGeluBackward: {
        const float h = asFloat(hidden[r * width + column]), a = rounded<S>(gelu(h));
        *one = static_cast<S>(weight * sum * geluSlope(h));
        *two = static_cast<S>(weight * a);
        dWeight += sum * a;
        break;
      }
      case Epilogue::kSwigluBackward: {
        const float g = asFloat(hidden[r * width + column]);
        const float u = asFloat(hidden[r * width + args.columns + column]), s = sigmoid(g);
        const float a = rounded<S>(g * s * u);
        one[0] = static_cast<S>(weight * sum * u * s * (1 + g * (1 - s)));
        one[args.columns] = static_cast<S>(weight * sum * g * s);
        *two = static_cast<S>(weight * a);
        dWeight += sum * a;
        break;
      }
      case Epilogue::kGradient: break;
      }
    }
    if (backward) {
      for (int step = 16; step > 0; step /= 2)
        dWeight += __shfl_xor_sync(0xffffffff, dWeight, step);
      if (lane == 0) args.parts[r * args.partCount + columnTile] = dWeight;
    }
  }
}

template <class S, class Out>
__device__ __forceinline__ void finishGradient(const TileArguments &args, const float *sums,
                                               Out *gradient, int row, int column) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int local = warp; local < kTile && row + local < args.aColumns; local += 8)
    for (int c = lane; c < kTile && column + c < args.bColumns; c += 32) {
      Out *to = gradient + static_cast<std::int64_t>(row + local) * args.bColumns + column + c;
      float sum = sums[local * kSumPitch + c];
      if (args.accumulate) sum += asFloat(*to);
      *to = static_cast<Out>(sum);
    }
}

} // namespace hotloop::kernels::portable
