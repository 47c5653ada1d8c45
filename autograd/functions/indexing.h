#pragma once

#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include <xgrad/autograd/tensor.h>

/// Elements and slices at positions that tensors hold.
///
/// An index (int64) of gather and the scatters has the rank of `self` and is no larger, apart from `dim`; that of the
/// functions called index_... is a vector (int64 or int32). Their positions are not negative; those of `index`, `take`
/// and `put`, int64, may count from the end. A position out of range throws IndexError. Functions without a trailing
/// underscore leave `self` as it is.
namespace xgrad {

// --- By lists of indices

/// See Tensor::index: the part of `self` that None, Ellipsis, integers, slices, masks and tensors of positions choose,
/// by NumPy's rules. Without tensors among them it is a view.
Tensor index(const Tensor& self, const std::vector<indexing::TensorIndex>& indices);
/// Writes `values`, which broadcast, where index() reads. Of several writes to one place the last in row-major order
/// stays, and each of them gets the gradient of the place, as in PyTorch; with `accumulate` all are added.
Tensor index_put(const Tensor& self, const std::vector<indexing::TensorIndex>& indices, const Tensor& values,
                 bool accumulate = false);
Tensor& index_put_(Tensor& self, const std::vector<indexing::TensorIndex>& indices, const Tensor& values,
                   bool accumulate = false);

// --- Slices at the positions of a vector

/// Slices `self` along `dim` at the positions in `index`.
Tensor index_select(const Tensor& self, std::int64_t dim, const Tensor& index);
/// `self` with alpha * source added to the slices at `index`.
Tensor index_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                 const Scalar& alpha = 1);
/// `self` with the slices at `index` replaced by those of `source`, the last where an index occurs twice.
Tensor index_copy(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source);
/// `self` with the slices at `index` filled with a number, or a tensor of one (0-dim).
Tensor index_fill(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value);
Tensor index_fill(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& value);
/// The slices of `source` that go to one slice of `self` reduced to it by "prod", "mean", "amax" or "amin", together
/// with what stood there unless `include_self` is false.
Tensor index_reduce(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                    std::string_view reduce, bool include_self = true);
/// The rows of `weight` (n, d) at `indices` (int64 or int32, any shape), whose shape (d) is appended to. The gradient
/// of the row `padding_idx`, if there is one, is zero; with `scale_grad_by_freq` that of a row is divided by how often
/// the indices name it. Gradients are dense: `sparse` throws NotImplementedError.
Tensor embedding(const Tensor& weight, const Tensor& indices, std::int64_t padding_idx = -1,
                 bool scale_grad_by_freq = false, bool sparse = false);
/// Scales the rows of `weight` at `indices` that are longer than `max_norm` down to it, in place and outside the graph.
Tensor embedding_renorm_(Tensor weight, const Tensor& indices, double max_norm, double norm_type);

// --- Elements along a dimension

/// out[i][j] = self[index[i][j]][j] for dim 0, and so on. `sparse_grad` throws NotImplementedError.
Tensor gather(const Tensor& self, std::int64_t dim, const Tensor& index, bool sparse_grad = false);
/// The same of indices that broadcast with `self` apart from `dim`; without `dim` both are flattened.
Tensor take_along_dim(const Tensor& self, const Tensor& indices, std::optional<std::int64_t> dim = std::nullopt);
/// `self` with src[i][j], or the number, written to self[index[i][j]][j] for dim 0, and so on; the last of several,
/// which all get the gradient of the place, as in PyTorch.
Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src);
Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value);
/// The same combined with what stands there by "add" or "multiply".
Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src, std::string_view reduce);
Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value, std::string_view reduce);
/// Bags of rows of `weight` (n, d), each reduced to one: their sum (mode 0), mean (1) or maximum (2). `indices`
/// (int64 or int32) is one-dimensional and bag b goes from offsets[b] to offsets[b + 1], the last to the end, or, with
/// `include_last_offset`, to the last offset; an empty bag gives zeros. Rows padding_idx do not count. In a sum they
/// are multiplied by `per_sample_weights` (of the shape of the indices), if given. Returns the bags, the bag of each
/// index, the number of rows of each bag and, for maxima, the indices that they came from (else empty).
std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(const Tensor& weight, const Tensor& indices,
                                                         const Tensor& offsets, bool scale_grad_by_freq = false,
                                                         std::int64_t mode = 0, bool sparse = false,
                                                         const std::optional<Tensor>& per_sample_weights = {},
                                                         bool include_last_offset = false);
std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(const Tensor& weight, const Tensor& indices,
                                                         const Tensor& offsets, bool scale_grad_by_freq,
                                                         std::int64_t mode, bool sparse,
                                                         const std::optional<Tensor>& per_sample_weights,
                                                         bool include_last_offset,
                                                         std::optional<std::int64_t> padding_idx);
/// `self` with source[i][j] added at self[index[i][j]][j] for dim 0, and so on.
Tensor scatter_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source);
/// All that scatter would write to one element reduced by "sum", "prod", "mean", "amax" or "amin", together with what
/// stood there unless `include_self` is false. A mean of integers is rounded down; ties of the extremes share the
/// gradient.
Tensor scatter_reduce(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src,
                      std::string_view reduce, bool include_self = true);

// --- Elements of the flattened tensor

/// Elements of the flattened `self`, in the shape of `index`.
Tensor take(const Tensor& self, const Tensor& index);
/// `self` with `source` (as many elements as `index`) written, or with `accumulate` added, to elements of its flattened
/// form.
Tensor put(const Tensor& self, const Tensor& index, const Tensor& source, bool accumulate = false);

// --- Masks (bool)

/// `value` where the mask, which broadcasts to `self`, holds; a tensor as value has no dimensions.
Tensor masked_fill(const Tensor& self, const Tensor& mask, const Scalar& value);
Tensor masked_fill(const Tensor& self, const Tensor& mask, const Tensor& value);
/// A vector of the elements where the mask holds; both broadcast.
Tensor masked_select(const Tensor& self, const Tensor& mask);
/// `self` with elements of `source`, in order, where the mask, which broadcasts to `self`, holds.
Tensor masked_scatter(const Tensor& self, const Tensor& mask, const Tensor& source);
/// The positions of the elements that are not zero, one a row (int64, n x rank).
Tensor nonzero(const Tensor& self);
Tensor argwhere(const Tensor& self);
/// The columns of nonzero(); a 0-dim tensor counts as a vector.
std::vector<Tensor> nonzero_numpy(const Tensor& self);
std::vector<Tensor> where(const Tensor& condition);
/// 1 at the class that `self` (int64) names, else 0, in a new last dimension; -1 makes it as long as it must be.
Tensor one_hot(const Tensor& self, std::int64_t num_classes = -1);

}  // namespace xgrad
