#include "core/metrics/operators.h"

#include <array>
#include <cstddef>

// Sources, by short name:
//   [nf]   LibTorch 2.11 aten/src/ATen/native/native_functions.yaml: the tags data_dependent_output
//   and
//          dynamic_output_shape, aliasing return types (views), CompositeImplicitAutograd
//          (composite).
//   [cuda] LibTorch aten/src/ATen/native/cuda/<file> of the same version.
//   [seen] traces of LibTorch 2.11 on the CPU.
namespace hotloop {
namespace {

using enum OperatorTrait;

struct Group {
  OperatorTrait traits;
  int launches;
  std::string_view names; // without "aten::", separated by blanks
};

constexpr Group kGroups[] = {
    // Reads one value back: the root of item, is_nonzero, bool(), int(), float(), `if tensor` and
    // of
    // printing [nf data_dependent_output; CUDAScalar.cu: a copy and a stream synchronisation].
    // Those
    // above it are composite, so that one read counts once.
    {kHostSync | kNoLaunch, 0, "_local_scalar_dense"},
    // eq, all, item in one call [cuda: TensorCompare, cuda_equal]; on the CPU nothing is called.
    // allclose is not here: its item() shows on the CPU too.
    {kHostSync | kSelfContained, 2, "equal"},
    // [nf dynamic_output_shape]. The count comes back before the result can be allocated: reduce,
    // scan
    // in two kernels, write [cuda: Nonzero.cu]. Boolean masks in index, index_put_ and where(cond)
    // call
    // aten::nonzero themselves on every device [seen], so those carry no trait.
    {kHostSync | kDynamicShape | kSelfContained, 4, "nonzero"},
    // nonzero and a gather [cuda: IndexKernel.cpp, masked_select_out_cuda_impl].
    {kHostSync | kDynamicShape | kSelfContained, 5, "masked_select"},
    // Sort, difference, scan, scatter and the count back [cuda: UniqueCub.cu, Unique.cu].
    {kHostSync | kDynamicShape | kSelfContained, 5,
     "_unique _unique2 unique_dim unique_dim_consecutive"},
    {kHostSync | kDynamicShape | kSelfContained, 3, "unique_consecutive"},
    // min, max and the histogram; both bounds are read back [cuda: SummaryOps.cu].
    {kHostSync | kDynamicShape | kSelfContained, 3, "bincount"},
    // The overload on a tensor of repeats reads their sum, unless output_size is given, which a
    // name does
    // not tell [cuda: Repeat.cu]. The others are made of it or of a copy.
    {kHostSync | kDynamicShape | kSelfContained, 2, "repeat_interleave"},
    {kComposite, 0, "repeat_interleave.self_int repeat_interleave.self_Tensor"},
    // zeros and scatter; its item() calls check the indices on the CPU alone [Onehot.cpp]. With
    // num_classes = -1 it reads the maximum on every device, which a name does not tell.
    {kSelfContained, 2, "one_hot"},
    // Not here, because their name does not tell: histc and histogram (read back only without a
    // range),
    // multinomial and the checks of linalg (by item(), which shows by itself), _to_copy, to and
    // copy_
    // (wait only across devices).

    // Views and metadata [nf: returns an alias of its argument, or none of its data].
    {kNoLaunch, 0,
     "_conj _fw_primal _indices _make_dual _neg_view _reshape_alias _unpack_dual _unsafe_view "
     "_values alias as_strided as_strided_ ccol_indices col_indices conj crow_indices detach "
     "detach_ diagonal expand indices is_complex is_conj is_floating_point is_inference is_leaf "
     "is_neg is_pinned is_same_size is_set_to is_signed lift lift_fresh permute positive real "
     "imag record_stream refine_names rename rename_ requires_grad_ resize_ resize_as_ "
     "resolve_conj resolve_neg retain_grad row_indices select set_ set_data size slice "
     "slice_inverse split split_with_sizes squeeze squeeze_ stride sym_numel sym_size "
     "sym_storage_offset sym_stride t t_ transpose transpose_ unbind unfold unsafe_split "
     "unsafe_split_with_sizes unsqueeze unsqueeze_ values view view_as_complex view_as_real "
     "_version data output_nr retains_grad result_type can_cast promote_types _is_zerotensor "
     "_has_compatible_shallow_copy_type _nested_get_values sym_is_contiguous sparse_dim dense_dim "
     "_debug_has_internal_overlap _use_cudnn_rnn_flatten_weight cudnn_is_acceptable "
     "_fused_sdp_choice _pin_memory pin_memory is_coalesced _assert_scalar"},
    // The same, written in terms of the former [nf CompositeImplicitAutograd].
    {kNoLaunch | kComposite, 0,
     "adjoint align_to align_as align_tensors atleast_1d atleast_2d atleast_3d broadcast_tensors "
     "broadcast_to chunk contiguous dsplit expand_as flatten hsplit linalg_diagonal mH mT "
     "matrix_H meshgrid moveaxis movedim narrow numpy_T ravel reshape reshape_as swapaxes "
     "swapaxes_ swapdims swapdims_ tensor_split to type_as unflatten unsafe_chunk view_as vsplit "
     "_autocast_to_full_precision _autocast_to_reduced_precision _shape_as_tensor"},
    // Memory with nothing written into it.
    {kNoLaunch | kAllocates, 0,
     "empty empty_like empty_strided empty_permuted new_empty new_empty_strided "
     "_efficientzerotensor _empty_affine_quantized"},

    // New tensors made of empty and a fill or copy, each recorded by itself [seen].
    {kAllocates | kComposite, 0,
     "zeros zeros_like ones ones_like full full_like new_zeros new_ones new_full scalar_tensor "
     "rand rand_like randn randn_like randint randint_like normal clone _to_copy stack hstack "
     "vstack dstack column_stack row_stack concat concatenate tile repeat pad constant_pad_nd eye "
     "cartesian_prod combinations kron pad_sequence expand_copy view_copy select_copy slice_copy "
     "permute_copy transpose_copy t_copy unsqueeze_copy squeeze_copy detach_copy"},
    // New tensors by a kernel of their own.
    {kAllocates | kSelfContained, 1,
     "cat arange tril_indices triu_indices range linspace logspace randperm tril triu bernoulli"},
    // cat of equal shapes; on the CPU it calls cat [seen], on CUDA too.
    {kAllocates, 1, "_stack"},

    // Only calls other operators [nf CompositeImplicitAutograd, or seen to].
    {kComposite, 0,
     "item is_nonzero allclose isclose argwhere nonzero_numpy linear matmul inner outer ger "
     "tensordot einsum bilinear chain_matmul linalg_matmul linalg_multi_dot linalg_vecdot cross "
     "embedding embedding_bag embedding_backward layer_norm group_norm batch_norm instance_norm "
     "rms_norm _batch_norm_impl_index _batch_norm_impl_index_backward softmax log_softmax "
     "special_softmax special_log_softmax special_logsumexp cross_entropy_loss nll_loss "
     "nll_loss2d nll_loss_nd kl_div l1_loss binary_cross_entropy_with_logits cosine_similarity "
     "cosine_embedding_loss margin_ranking_loss hinge_embedding_loss triplet_margin_loss "
     "poisson_nll_loss pairwise_distance dropout dropout_ alpha_dropout alpha_dropout_ "
     "feature_dropout feature_dropout_ feature_alpha_dropout rrelu relu6 relu6_ selu selu_ "
     "log_sigmoid square square_ scaled_dot_product_attention _scaled_dot_product_attention_math "
     "lstm lstm_cell gru gru_cell rnn_relu rnn_tanh rnn_relu_cell rnn_tanh_cell conv1d conv2d "
     "conv3d convolution _convolution _convolution_mode conv_transpose1d conv_transpose2d "
     "conv_transpose3d _convolution_double_backward thnn_conv2d max_pool1d max_pool2d max_pool3d "
     "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d avg_pool1d "
     "absolute absolute_ arccos arccosh arcsin arcsinh arctan arctan2 arctanh clip clip_ divide "
     "divide_ multiply multiply_ subtract subtract_ true_divide true_divide_ negative negative_ "
     "greater greater_ greater_equal greater_equal_ less less_ less_equal less_equal_ not_equal "
     "not_equal_ __and__ __iand__ __or__ __ior__ __xor__ __ixor__ fix fix_ float_power "
     "float_power_ isfinite isreal argsort msort quantile nanquantile nanmean diff gradient cov "
     "corrcoef cdist pdist take_along_dim gather_backward index_select_backward "
     "masked_select_backward value_selecting_reduction_backward cumprod_backward trace_backward "
     "sum_to_size diag diagflat fill_diagonal_ fliplr flipud vander trapz trapezoid "
     "norm_except_dim nuclear_norm frobenius_norm linalg_norm linalg_matrix_norm linalg_cond "
     "linalg_det linalg_inv linalg_solve linalg_svd linalg_svdvals linalg_eigh linalg_cholesky "
     "linalg_slogdet linalg_matrix_rank linalg_matrix_power det logdet slogdet inverse pinverse "
     "matrix_power matrix_exp svd qr stft istft fft_fft fft_ifft fft_rfft fft_irfft fft_fft2 "
     "fft_rfft2 fft_fftn fft_fftshift special_expit special_erf special_log1p special_xlogy "
     "_cast_Float _cast_Half _cast_Double _cast_Int _cast_Long to_dense to_sparse coalesce "
     "_backward multilabel_margin_loss ctc_loss"},

    // One kernel on CUDA; on the CPU they convert scalars, clear or copy with recorded operators
    // [seen].
    {kSelfContained, 1,
     "add add_ sub sub_ rsub mul mul_ div div_ pow pow_ addcmul addcmul_ addcdiv addcdiv_ lerp "
     "lerp_ maximum minimum fmax fmin remainder fmod floor_divide eq eq_ ne ne_ lt lt_ le le_ gt "
     "gt_ ge ge_ logical_and logical_or logical_not logical_xor bitwise_and bitwise_or "
     "bitwise_not bitwise_xor clamp clamp_ clamp_min clamp_min_ clamp_max clamp_max_ masked_fill "
     "masked_fill_ sum mean prod amax amin max min argmax argmin all any std var var_mean "
     "std_mean norm linalg_vector_norm logsumexp cumsum cumsum_ cumprod gather scatter scatter_ "
     "scatter_add scatter_add_ index_select index_add index_add_ index_copy index_copy_ "
     "index_fill_ take mm addmm addmm_ bmm baddbmm mv addmv addbmm addr dot vdot "
     "_addmm_activation gelu gelu_ gelu_backward silu silu_ silu_backward relu relu_ sigmoid "
     "sigmoid_ sigmoid_backward tanh tanh_ tanh_backward threshold_backward hardtanh hardtanh_ "
     "elu leaky_relu softplus mish glu _softmax _log_softmax _softmax_backward_data "
     "_log_softmax_backward_data native_layer_norm native_group_norm native_batch_norm "
     "native_dropout native_dropout_backward nll_loss_forward nll_loss_backward mse_loss "
     "mse_loss_backward smooth_l1_loss huber_loss binary_cross_entropy "
     "binary_cross_entropy_backward copy_ fill_ zero_ normal_ uniform_ exponential_ random_ "
     "bernoulli_ flip roll abs neg exp exp_ log log_ log1p sqrt sqrt_ rsqrt rsqrt_ sin cos erf "
     "reciprocal sign floor ceil round trunc isnan isinf nan_to_num bucketize searchsorted histc "
     "_fused_rms_norm _fused_adam_ _fused_adamw_ _fused_sgd_ _fused_adagrad_ "
     "_amp_foreach_non_finite_check_and_unscale_ _amp_update_scale_ "
     "_scaled_dot_product_flash_attention _scaled_dot_product_flash_attention_for_cpu "
     "_scaled_dot_product_efficient_attention mkldnn_convolution cudnn_convolution"},
    // These call nonzero for a boolean mask or condition, which a self-contained operator would
    // hide.
    {kNone, 1, "where index index_put index_put_ _index_put_impl_ _unsafe_index _unsafe_index_put"},
    // Input and the two parameter gradients [cuda: layer_norm_kernel.cu].
    {kSelfContained, 2, "native_layer_norm_backward"},
    // Select, then sort the k found [cuda: TensorTopK.cu]; radix sort in passes [cuda: Sort.cpp].
    {kSelfContained, 2, "topk sort kthvalue median mode"},
    // One for the input, one for the weight.
    {kSelfContained, 2, "convolution_backward"},
    // Clears the gradient, then adds into it [cuda: Embedding.cu].
    {kSelfContained, 2, "embedding_dense_backward"},
    // Prepares the problem sizes, then one product [cuda: GroupedBlas.cpp]; its bf16 path.
    {kSelfContained, 2, "_grouped_mm _scaled_grouped_mm"},
};

constexpr std::string_view kPrefix = "aten::";

// Unaligned little-endian load; compilers make one instruction of it.
constexpr std::uint64_t load(const char *p, std::size_t bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    word |= std::uint64_t(static_cast<unsigned char>(p[i])) << (8 * i);
  }
  return word;
}

constexpr std::uint64_t hashOf(std::string_view text) {
  std::uint64_t hash = text.size() * 0x9e3779b97f4a7c15u;
  const char *p = text.data();
  std::size_t left = text.size();
  for (; left >= 8; left -= 8, p += 8) {
    hash = (hash ^ load(p, 8)) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  hash = (hash ^ load(p, left)) * 0xff51afd7ed558ccdu;
  return hash ^ (hash >> 29);
}

struct Entry {
  std::string_view name;
  OperatorTrait traits = kNone;
  int launches = 1;
};

constexpr std::size_t kSlots = 2048; // a quarter full or so
using Table = std::array<Entry, kSlots>;

// A later group overrides an earlier one.
constexpr Table makeTable() {
  Table table{};
  for (const Group &group : kGroups) {
    std::string_view rest = group.names;
    while (!rest.empty()) {
      const std::size_t blank = rest.find(' ');
      const std::string_view name = rest.substr(0, blank);
      rest = blank == std::string_view::npos ? std::string_view{} : rest.substr(blank + 1);
      if (name.empty()) {
        continue;
      }
      std::size_t slot = hashOf(name) % kSlots;
      while (!table[slot].name.empty() && table[slot].name != name) {
        slot = (slot + 1) % kSlots;
      }
      table[slot] = {name, group.traits, group.launches};
    }
  }
  return table;
}

// Made on first use: 650 names at compile time would exceed the compilers' limit on constant steps.
const Table &table() {
  static const Table made = makeTable();
  return made;
}

constexpr Entry kUnknownOperator{};                  // one kernel
constexpr Entry kNoOperator{{}, kNone, 0};           // autograd nodes, user scopes
constexpr Entry kMultiTensor{{}, kSelfContained, 1}; // [cuda: ForeachFunctors.cuh], CPU: one by one

const Entry &find(std::string_view name) {
  if (!name.starts_with(kPrefix)) {
    const bool isOperator = name.find("::") != std::string_view::npos &&
                            !name.starts_with("autograd::") && !name.starts_with("torch::") &&
                            !name.starts_with("prim::") && name.find(' ') == std::string_view::npos;
    return isOperator ? kUnknownOperator : kNoOperator;
  }
  name.remove_prefix(kPrefix.size());
  const Table &entries = table();
  for (std::size_t slot = hashOf(name) % kSlots; !entries[slot].name.empty();
       slot = (slot + 1) % kSlots) {
    if (entries[slot].name == name) {
      return entries[slot];
    }
  }
  return name.starts_with("_foreach_") ? kMultiTensor : kUnknownOperator;
}

} // namespace

OperatorTrait operatorTraits(std::string_view name) { return find(name).traits; }

int wouldBeLaunches(std::string_view name) { return find(name).launches; }

} // namespace hotloop
