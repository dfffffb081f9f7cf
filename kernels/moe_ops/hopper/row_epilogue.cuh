#pragma once

#include "kernels/moe_ops/activation.cuh"
#include "kernels/moe_ops/hopper/row_tiles.cuh"

// From accumulators to memory. Thread t of a warpgroup holds, of its warp's 16 rows, rows t % 32 /
// 4 and that + 8, columns 8 j + 2 (t % 4) and the next, in sums[4 j .. 4 j + 3].
namespace hotloop::kernels::hopper {

// The warp's part of one tile.
struct WarpTile {
  int row;    // first of its 16 rows
  int end;    // rows from here on belong to the next expert
  int column; // first output column
};

template <class Config> struct RowEpilogue {
  using T = typename Config::T;
  static constexpr int kPitch = Config::kPitch;
  static constexpr int kBuffer = 16 * kPitch;

  // kWidth columns to staging: value(j) gives the four numbers of column block j.
  template <int kWidth = 128, class Value>
  static __device__ __forceinline__ void stage(char *staging, Value value) {
    const int lane = threadIdx.x % 32;
    char *corner =
        staging + ((lane / 8 % 2) * 8 + lane % 8) * kPitch + (lane / 16) * 16; // stmatrix address
#pragma unroll
    for (int j = 0; j < kWidth / 8; j += 2) {
      const float4 left = value(j), right = value(j + 1);
      storeMatrices(corner + j * 16, pack<T>(left.x, left.y), pack<T>(left.z, left.w),
                    pack<T>(right.x, right.y), pack<T>(right.z, right.w));
    }
  }

  // Staging to memory, two rows of up to kWidth columns at a time; no store outside the matrix.
  // (Row by row through the copy engine was slower: one request per row, and a wait before staging
  // is reused.)
  template <int kWidth = 128>
  static __device__ __forceinline__ void send(const char *staging, T *matrix, int columns,
                                              int limit, int column, const WarpTile &tile) {
    const int lane = threadIdx.x % 32, part = lane % 16 * 8;
    const bool inColumns = part < kWidth && column + part < limit;
    const std::int64_t first = static_cast<std::int64_t>(tile.row) * columns + column + part;
    __syncwarp();
#pragma unroll
    for (int i = 0; i < 16; i += 2) {
      const int row = i + lane / 16;
      const int4 eight = *reinterpret_cast<const int4 *>(staging + row * kPitch + part * 2);
      storeIf(inColumns && tile.row + row < tile.end,
              matrix + first + static_cast<std::int64_t>(row) * columns, eight);
    }
    __syncwarp();
  }

  // Two at a time: converting one number takes the slow special function unit.
  static __device__ __forceinline__ float2 rounded(float x, float y) {
    return unpack<T>(pack<T>(x, y));
  }

  // The first kUsed sums. Activates in place and only then stores: between the stores one number
  // would wait for the other's special functions.
  template <int kUsed, int kCount>
  static __device__ __forceinline__ void forward(const RowArguments &args, const WarpTile &tile,
                                                 float (&sums)[kCount], char *staging) {
    T *first = static_cast<T *>(args.first), *second = static_cast<T *>(args.second);
    const auto raw = [&](int offset) {
      return [&sums, offset](int j) {
        const int i = (offset + j) * 4;
        return float4{sums[i], sums[i + 1], sums[i + 2], sums[i + 3]};
      };
    };
    if constexpr (Config::kEpilogue == Epilogue::kSwiglu) {
      if (first) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          stage(staging, raw(half * 16));
          send(staging, first + half * args.columns, 2 * args.columns, args.columns, tile.column,
               tile);
        }
      }
#pragma unroll
      for (int i = 0; i < 64; i += 2) {
        const float2 g = rounded(sums[i], sums[i + 1]), u = rounded(sums[64 + i], sums[65 + i]);
        sums[i] = silu(g.x) * u.x;
        sums[i + 1] = silu(g.y) * u.y;
      }
      stage(staging, raw(0));
      send(staging, second, args.columns, args.columns, tile.column, tile);
    } else {
      constexpr int kWidth = kUsed < 64 ? 2 * kUsed : 128;
      const auto store = [&](T *matrix) {
#pragma unroll
        for (int part = 0; part < (kUsed + 63) / 64; ++part) {
          stage<kWidth>(staging, raw(part * 16));
          send<kWidth>(staging, matrix, args.columns, args.columns, tile.column + part * 128, tile);
        }
      };
      if (Config::kEpilogue == Epilogue::kPlain || first) store(first);
      if constexpr (Config::kEpilogue == Epilogue::kGelu) {
#pragma unroll
        for (int i = 0; i < kUsed; i += 2) {
          const float2 h = rounded(sums[i], sums[i + 1]);
          sums[i] = geluBrief(h.x);
          sums[i + 1] = geluBrief(h.y);
        }
        store(second);
      }
    }
  }

  // Fetches h of the tile to come into staging; `barrier` counts this warp's bytes.
  static __device__ __forceinline__ void fetchHidden(const RowArguments &args, const WarpTile &tile,
                                                     char *staging, Barrier &barrier) {
    constexpr bool kDual = Config::kEpilogue == Epilogue::kSwigluBackward;
    const int lane = threadIdx.x % 32, row = tile.row + lane % 16;
    const int bytes = 2 * min(Config::kStageColumns, args.columns - tile.column);
    const int rows = max(0, min(16, tile.end - tile.row));
    sharedWritesToCopyEngine(); // what was there has been read and written by these threads
    __syncwarp();
    if (lane == 0) barrier.arrive_and_expect_tx(bytes * rows * (kDual ? 2 : 1));
    __syncwarp();
    if (row >= tile.end || (!kDual && lane >= 16)) return;
    const int half = lane / 16;
    const T *h = static_cast<const T *>(args.hidden) +
                 static_cast<std::int64_t>(row) * args.columns * (kDual ? 2 : 1) +
                 half * args.columns + tile.column;
    loadRow(staging + half * kBuffer + lane % 16 * kPitch, h, bytes, barrier);
  }

  // sums = da. h lies in staging and dh replaces it.
  static __device__ __forceinline__ void backward(const RowArguments &args, const WarpTile &tile,
                                                  const float (&sums)[64], char *staging) {
    constexpr bool kDual = Config::kEpilogue == Epilogue::kSwigluBackward;
    const int lane = threadIdx.x % 32;
    char *scaled = staging + (kDual ? 2 : 1) * kBuffer;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int local = lane / 4 + 8 * r, row = tile.row + local;
      const bool inside = row < tile.end;
      const float weight = inside ? args.weights[args.slotOfRow[row]] : 0.0f;
      float dWeight = 0;
#pragma unroll
      for (int j = 0; j < 16; ++j) {
        const int at = local * kPitch + (8 * j + 2 * (lane % 4)) * 2;
        auto &gateSlot = *reinterpret_cast<std::uint32_t *>(staging + at);
        const float2 g = unpack<T>(gateSlot);
        const float da[2] = {sums[4 * j + 2 * r], sums[4 * j + 2 * r + 1]};
        float a[2], dGate[2];
        if constexpr (kDual) {
          auto &upSlot = *reinterpret_cast<std::uint32_t *>(staging + kBuffer + at);
          const float2 u = unpack<T>(upSlot);
          float dUp[2];
#pragma unroll
          for (int i = 0; i < 2; ++i) {
            const float gate = i ? g.y : g.x, up = i ? u.y : u.x, s = sigmoid(gate);
            a[i] = gate * s * up;
            dUp[i] = weight * da[i] * gate * s;
            dGate[i] = weight * da[i] * up * s * (1 + gate * (1 - s));
          }
          upSlot = pack<T>(dUp[0], dUp[1]);
        } else {
#pragma unroll
          for (int i = 0; i < 2; ++i) {
            const float h = i ? g.y : g.x;
            a[i] = gelu(h);
            dGate[i] = weight * da[i] * geluSlope(h);
          }
        }
        gateSlot = pack<T>(dGate[0], dGate[1]);
        const float2 stored = rounded(a[0], a[1]);
        *reinterpret_cast<std::uint32_t *>(scaled + at) =
            pack<T>(weight * stored.x, weight * stored.y);
        if (tile.column + 8 * j < args.columns) dWeight += da[0] * stored.x + da[1] * stored.y;
      }
      dWeight += __shfl_xor_sync(0xffffffff, dWeight, 1);
      dWeight += __shfl_xor_sync(0xffffffff, dWeight, 2);
      if (inside && lane % 4 == 0)
        args.parts[static_cast<std::int64_t>(row) * args.partCount + tile.column / 128] = dWeight;
    }
    T *dHidden = static_cast<T *>(args.first);
    const int width = args.columns * (kDual ? 2 : 1);
    send(staging, dHidden, width, args.columns, tile.column, tile);
    if constexpr (kDual)
      send(staging + kBuffer, dHidden + args.columns, width, args.columns, tile.column, tile);
    send(scaled, static_cast<T *>(args.second), args.columns, args.columns, tile.column, tile);
  }
};

} // namespace hotloop::kernels::hopper
