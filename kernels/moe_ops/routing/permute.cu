#include <algorithm>

#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/routing/gate.h"
#include "kernels/moe_ops/routing/number.cuh"

namespace hotloop::kernels::routing {
namespace {

constexpr int kBlockTokens = 32; // divides kCountTile

struct PermuteArguments {
  PermuteRows a;
  int tiles, columnsPerBlock;
  int listOffset[kTileLists], tileRows[kTileLists];
};

// Row where expert e starts (starts[e]) and how many rows earlier tiles gave it (cursor[e]).
// 256 threads; arrays of `experts` ints in shared memory.
__device__ void findStarts(const PermuteArguments &args, int tile, int *starts, int *cursor,
                           int *carry) {
  const int experts = static_cast<int>(args.a.shape.experts);
  // Few experts: groups of threads share the tiles.
  const int lanes = min(256, (experts + 31) / 32 * 32), groups = 256 / lanes;
  const int group = static_cast<int>(threadIdx.x) / lanes;
  for (int first = 0; first < experts; first += 256) {
    const int e = first + static_cast<int>(threadIdx.x) % lanes;
    int before = 0, total = 0;
    if (e < experts && group < groups) {
#pragma unroll 8
      for (int t = group; t < args.tiles; t += groups) {
        const int count = __ldg(args.a.tileCounts + static_cast<std::int64_t>(t) * experts + e);
        before += t < tile ? count : 0;
        total += count;
      }
    }
    carry[threadIdx.x] = before;
    carry[256 + threadIdx.x] = total;
    __syncthreads();
    if (e < experts && group == 0) {
      for (int g = 1; g < groups; ++g) {
        before += carry[g * lanes + e];
        total += carry[256 + g * lanes + e];
      }
      cursor[e] = before;
      starts[e] = total;
    }
    __syncthreads();
  }
  // Exclusive scan of the totals, 256 experts at a time.
  int base = 0;
  for (int first = 0; first < experts; first += 256) {
    const int e = first + static_cast<int>(threadIdx.x), lane = threadIdx.x % 32;
    const int own = e < experts ? starts[e] : 0;
    int sum = own;
#pragma unroll
    for (int step = 1; step < 32; step *= 2) {
      const int other = __shfl_up_sync(0xffffffff, sum, step);
      if (lane >= step) sum += other;
    }
    if (lane == 31) carry[threadIdx.x / 32] = sum;
    __syncthreads();
    int before = base, all = 0;
    for (int w = 0; w < 8; ++w) {
      if (w < static_cast<int>(threadIdx.x) / 32) before += carry[w];
      all += carry[w];
    }
    if (e < experts) starts[e] = before + sum - own;
    base += all;
    __syncthreads();
  }
  if (threadIdx.x == 0) starts[experts] = base;
  __syncthreads();
}

// ends and the tile lists of moe_sizes.h.
__device__ void writeSchedule(const PermuteArguments &args, const int *starts, int *firstTile) {
  const int experts = static_cast<int>(args.a.shape.experts);
  for (int e = threadIdx.x; e < experts; e += 256) args.a.ends[e] = starts[e + 1];
  for (int list = 0; list < kTileLists; ++list) {
    const int height = args.tileRows[list];
    if (threadIdx.x < 32) { // one warp scans
      int base = 0;
      for (int first = 0; first < experts; first += 32) {
        const int e = first + static_cast<int>(threadIdx.x);
        const int own = e < experts ? (starts[e + 1] - starts[e] + height - 1) / height : 0;
        int sum = own;
#pragma unroll
        for (int step = 1; step < 32; step *= 2) {
          const int other = __shfl_up_sync(0xffffffff, sum, step);
          if (static_cast<int>(threadIdx.x) >= step) sum += other;
        }
        if (e < experts) firstTile[e] = base + sum - own;
        base += __shfl_sync(0xffffffff, sum, 31);
      }
      if (threadIdx.x == 0) {
        firstTile[experts] = base;
        args.a.schedule[list] = base;
        args.a.schedule[kTileLists] = 0;
      }
    }
    __syncthreads();
    const int count = firstTile[experts];
    for (int tile = threadIdx.x; tile < count; tile += 256) {
      int low = 0, high = experts; // firstTile[low] <= tile < firstTile[high]
      while (high - low > 1) {
        const int middle = (low + high) / 2;
        (firstTile[middle] <= tile ? low : high) = middle;
      }
      reinterpret_cast<int4 *>(args.a.schedule + args.listOffset[list])[tile] =
          int4{low, firstTile[low], starts[low], starts[low + 1]};
    }
    __syncthreads();
  }
}

// loss and g of permuteRows, from the sums of the gate's tiles.
__device__ void writeLoss(const PermuteArguments &args, const int *starts, float *sums) {
  const int experts = static_cast<int>(args.a.shape.experts);
  const auto tokens = static_cast<float>(args.a.shape.tokens);
  const float rows = static_cast<float>(args.a.shape.tokens * args.a.shape.topK);
  float part = 0;
  for (int e = threadIdx.x; e < experts; e += 256) {
    float probability = 0;
#pragma unroll 8
    for (int t = 0; t < args.tiles; ++t)
      probability += args.a.tileProbabilities[static_cast<std::int64_t>(t) * experts + e];
    const float share = static_cast<float>(starts[e + 1] - starts[e]) / rows;
    const float g = args.a.balanceFactor * static_cast<float>(experts) * share / tokens;
    args.a.balance[e] = g;
    part += g * probability;
  }
  for (int t = threadIdx.x; t < args.tiles; t += 256)
    part += args.a.zFactor / tokens * args.a.tileSquaredLse[t];
  sums[threadIdx.x] = part;
  __syncthreads();
  for (int step = 128; step > 0; step /= 2) {
    if (static_cast<int>(threadIdx.x) < step) sums[threadIdx.x] += sums[threadIdx.x + step];
    __syncthreads();
  }
  if (threadIdx.x == 0) *args.a.loss = sums[0];
}

// A block's part of x, in pieces of eight columns; the first are on their way while the rows'
// places are being found.
template <class X, class Row> struct RowCopy {
  static constexpr int kFlight = 4; // pieces per thread at a time

  const PermuteRows &a;
  int token, column, perToken, work;
  RawEight<X> pieces[kFlight];

  __device__ __forceinline__ RowCopy(const PermuteRows &args, int firstToken, int count,
                                     int firstColumn, int columnEnd)
      : a(args), token(firstToken), column(firstColumn), perToken((columnEnd - firstColumn) / 8),
        work(args.rows ? count * perToken : 0) {}

  __device__ __forceinline__ void load(int base) {
    const int dim = static_cast<int>(a.shape.dim);
#pragma unroll
    for (int f = 0; f < kFlight; ++f) {
      const int i = base + f * 256;
      if (i < work)
        pieces[f].load(static_cast<const X *>(a.x) +
                       static_cast<std::int64_t>(token + i / perToken) * dim + column +
                       i % perToken * 8);
    }
  }

  __device__ __forceinline__ void store(int base, const int *rowOf) const {
    const int dim = static_cast<int>(a.shape.dim), topK = static_cast<int>(a.shape.topK);
#pragma unroll
    for (int f = 0; f < kFlight; ++f) {
      const int i = base + f * 256;
      if (i >= work) continue;
      const Eight values = pieces[f].values();
      for (int j = 0; j < topK; ++j)
        storeEight(static_cast<Row *>(a.rows) +
                       static_cast<std::int64_t>(rowOf[i / perToken * topK + j]) * dim + column +
                       i % perToken * 8,
                   values);
    }
  }
};

// Grid: blocks of 32 tokens, and one for the schedule and the loss, x slices of columns.
template <class X, class Row>
__global__ __launch_bounds__(256) void permuteKernel(const PermuteArguments args) {
  extern __shared__ int shared[];
  const PermuteRows &a = args.a;
  const int experts = static_cast<int>(a.shape.experts), topK = static_cast<int>(a.shape.topK);
  int *starts = shared, *cursor = starts + experts + 1, *firstTile = cursor + experts;
  int *rowOf = firstTile + experts + 1, *carry = rowOf + kBlockTokens * topK; // 512
  const bool scheduler = blockIdx.x == gridDim.x - 1;
  if (scheduler && blockIdx.y > 0) return;
  const int token = blockIdx.x * kBlockTokens, tile = token / static_cast<int>(kCountTile);
  const int count = scheduler ? 0 : min(kBlockTokens, static_cast<int>(a.shape.tokens) - token);
  const int column = blockIdx.y * args.columnsPerBlock;
  RowCopy<X, Row> copy(a, token, count, column,
                       min(column + args.columnsPerBlock, static_cast<int>(a.shape.dim)));
  copy.load(threadIdx.x);
  for (int i = threadIdx.x; i < count * topK; i += 256) rowOf[i] = a.ids[token * topK + i];
  findStarts(args, tile, starts, cursor, carry);
  if (scheduler) {
    writeSchedule(args, starts, firstTile);
    if (a.tileProbabilities) writeLoss(args, starts, reinterpret_cast<float *>(carry));
    return;
  }

  // Slots of this tile before this block.
  const int first = tile * static_cast<int>(kCountTile) * topK;
  for (int slot = first + threadIdx.x; slot < token * topK; slot += 256)
    atomicAdd(cursor + a.ids[slot], 1);
  __syncthreads();
  if (threadIdx.x < 32) {
    const int lane = threadIdx.x;
    for (int i = 0; i < count * topK; i += 32) {
      const bool inside = i + lane < count * topK;
      const int expert = inside ? rowOf[i + lane] : -1;
      const unsigned same = __match_any_sync(0xffffffff, expert);
      int row = 0;
      if (inside) row = starts[expert] + cursor[expert] + __popc(same & ((1u << lane) - 1));
      __syncwarp();
      if (inside) {
        rowOf[i + lane] = row;
        if (lane == __ffs(static_cast<int>(same)) - 1) cursor[expert] += __popc(same);
      }
      __syncwarp();
    }
  }
  __syncthreads();
  if (blockIdx.y == 0)
    for (int i = threadIdx.x; i < count * topK; i += 256) {
      a.rowOfSlot[token * topK + i] = rowOf[i];
      if (a.slotOfRow) a.slotOfRow[rowOf[i]] = token * topK + i;
    }
  for (int base = threadIdx.x; base < copy.work; base += 256 * RowCopy<X, Row>::kFlight) {
    if (base >= 256) copy.load(base);
    copy.store(base, rowOf);
  }
}

} // namespace

Result<void> permute(const PermuteRows &a, int multiprocessors, cudaStream_t stream) {
  const std::int64_t blocks = ceilDiv(a.shape.tokens, kBlockTokens);
  // Few tokens: several blocks share their columns, at least 256 each.
  const std::int64_t slices =
      std::clamp<std::int64_t>(ceilDiv(2 * multiprocessors, blocks), 1, ceilDiv(a.shape.dim, 256));
  PermuteArguments args{};
  args.a = a;
  args.tiles = static_cast<int>(ceilDiv(a.shape.tokens, kCountTile));
  args.columnsPerBlock = static_cast<int>(ceilDiv(ceilDiv(a.shape.dim, slices), 8) * 8);
  for (int list = 0; list < kTileLists; ++list) {
    args.listOffset[list] = static_cast<int>(tileListOffset(a.shape.rows(), a.shape.experts, list));
    args.tileRows[list] = static_cast<int>(kTileRows[list]);
  }
  const auto ints = 3 * a.shape.experts + 2 + kBlockTokens * a.shape.topK + 512;
  void *arguments[] = {&args};
  const dim3 grid(static_cast<unsigned>(blocks) + 1, static_cast<unsigned>(slices));
  return withTypes(a.xType, a.rowType, [&]<class X, class Row>() {
    return launched("The permutation",
                    launchBlocks(reinterpret_cast<const void *>(&permuteKernel<X, Row>), grid, 256,
                                 static_cast<std::size_t>(ints * 4), 1, arguments, stream));
  });
}

} // namespace hotloop::kernels::routing
