"""The layer of the reference Mixture-of-Experts in PyTorch: what torch.compile and AOTInductor get.

The same function as reference_moe/model, with the weights as inputs:
    forward(x [T, d], gate [E, d], up [E, N, d], down [E, d, I]) -> hidden [T, d], ids [T, k], counts [E]
x and gate are float32, up and down in the compute type.
"""

import torch
import torch.nn.functional as F

COMPUTE = {"off": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
MODES = ["default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"]


# The operator that hotloop-moe registers under this name (reference_moe/model/operators.cpp). A package calls it
# because AOTInductor of torch 2.11 emits a call of at::_grouped_mm that its own headers do not declare.
torch.library.define("hotloop_moe::grouped_product", "(Tensor a, Tensor b, Tensor ends) -> Tensor")


@torch.library.impl("hotloop_moe::grouped_product", "CompositeExplicitAutograd")
def _grouped_product(a, b, ends):
    return torch._grouped_mm(a, b, offs=ends)


@torch.library.register_fake("hotloop_moe::grouped_product")
def _grouped_product_shape(a, b, ends):
    return a.new_empty(a.shape[0], b.shape[2])


class Layer(torch.nn.Module):
    def __init__(self, dispatch, activation, top_k, compute, packaged=False):
        super().__init__()
        self.dispatch, self.activation, self.top_k, self.compute = dispatch, activation, top_k, compute
        self.packaged = packaged

    def product(self, a, b, ends):
        if self.packaged:
            return torch.ops.hotloop_moe.grouped_product(a, b, ends)
        return torch._grouped_mm(a, b, offs=ends)

    def activate(self, h):
        if self.activation == "gelu":
            return F.gelu(h)
        half = h.shape[-1] // 2
        return F.silu(h[..., :half]) * h[..., half:]

    def route(self, x, gate):
        # A stable sort and not topk: ties go to the lowest expert.
        values, order = torch.sort(x @ gate.t(), dim=-1, descending=True, stable=True)
        ids = order[:, : self.top_k]
        weights = torch.softmax(values[:, : self.top_k], -1)
        flat = ids.reshape(-1)
        counts = torch.zeros(gate.shape[0], dtype=torch.int64, device=x.device)
        counts = counts.scatter_add(0, flat, torch.ones_like(flat))
        return ids, weights, counts

    def dense(self, x, up, down, ids, weights):
        tokens, experts = x.shape[0], up.shape[0]
        h = (x.to(self.compute) @ up.reshape(-1, up.shape[2]).t()).view(tokens, experts, -1).transpose(0, 1)
        y = self.activate(h) @ down.transpose(1, 2)
        table = torch.zeros(tokens, experts, dtype=x.dtype, device=x.device).scatter(1, ids, weights)
        return x + (y.to(x.dtype) * table.t().unsqueeze(-1)).sum(0)

    def grouped(self, x, up, down, ids, weights, counts):
        tokens, k = ids.shape
        slot_of_row = torch.sort(ids.reshape(-1), stable=True).indices
        row_of_slot = torch.empty_like(slot_of_row).scatter(
            0, slot_of_row, torch.arange(tokens * k, device=x.device))
        ends = counts.cumsum(0).to(torch.int32)
        rows = x.to(self.compute)[slot_of_row // k]
        a = self.activate(self.product(rows, up.transpose(1, 2), ends))
        y = self.product(a, down.transpose(1, 2), ends)[row_of_slot]
        return x + (y.to(x.dtype).view(tokens, k, -1) * weights.unsqueeze(-1)).sum(1)

    def forward(self, x, gate, up, down):
        ids, weights, counts = self.route(x, gate)
        if self.dispatch == "dense":
            return self.dense(x, up, down, ids, weights), ids, counts
        return self.grouped(x, up, down, ids, weights, counts), ids, counts


class Gating(torch.nn.Module):
    """The guide's FusedMoEGating: linear, softmax, top-k."""

    def __init__(self, top_k):
        super().__init__()
        self.top_k = top_k

    def forward(self, x, gate):
        return torch.topk(F.softmax(F.linear(x, gate), -1), k=self.top_k, dim=-1)


def add_sizes(parser):
    """The flags that hotloop-moe has, with its defaults."""
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--experts", type=int, default=8)
    parser.add_argument("--top-k", type=int, default=2)
    parser.add_argument("--activation", choices=["gelu", "swiglu"], default="swiglu")
    parser.add_argument("--dispatch", choices=["grouped", "dense"], default="grouped")
    parser.add_argument("--amp", choices=list(COMPUTE), default="bf16")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--threads", type=int, default=0)


def check_sizes(parser, args):
    for name in ("tokens", "dim", "hidden", "experts", "top_k"):
        if getattr(args, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    if args.top_k > args.experts:
        parser.error(f"--top-k is {args.top_k} but there are only {args.experts} experts")
    if args.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: PyTorch finds no CUDA device; a CUDA package must be made on a GPU machine")
    if args.threads > 0:
        torch.set_num_threads(args.threads)


def make_inputs(args, seed=1):
    generator = torch.Generator().manual_seed(seed)
    compute = COMPUTE[args.amp]
    width = args.hidden * (2 if args.activation == "swiglu" else 1)

    def normal(*shape, scale=1.0, dtype=torch.float32):
        return (torch.randn(*shape, generator=generator) * scale).to(args.device, dtype)

    return (normal(args.tokens, args.dim), normal(args.experts, args.dim, scale=args.dim**-0.5),
            normal(args.experts, width, args.dim, scale=args.dim**-0.5, dtype=compute),
            normal(args.experts, args.dim, args.hidden, scale=args.hidden**-0.5, dtype=compute))
