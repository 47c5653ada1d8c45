#pragma once

#include <optional>
#include <tuple>

#include <xgrad/autograd/tensor.h>

/// Elements and slices at positions that tensors hold.
namespace xgrad {

/// Slices `self` along `dim` at the positions in `index` (int64, one dimension).
Tensor index_select(const Tensor& self, std::int64_t dim, const Tensor& index);
/// out[i][j] = self[index[i][j]][j] for dim 0, and so on; `index` (int64) has the rank of `self`.
Tensor gather(const Tensor& self, std::int64_t dim, const Tensor& index);
/// `self` with `source` added at the positions in `index` along `dim`.
Tensor index_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source);
/// The rows of `weight` (n, d) at `indices` (int64 or int32, any shape), whose shape (d) is appended to. The gradient
/// of the row `padding_idx`, if there is one, is zero; with `scale_grad_by_freq` that of a row is divided by how often
/// the indices name it. Gradients are dense: `sparse` throws NotImplementedError.
Tensor embedding(const Tensor& weight, const Tensor& indices, std::int64_t padding_idx = -1,
                 bool scale_grad_by_freq = false, bool sparse = false);
/// Scales the rows of `weight` at `indices` that are longer than `max_norm` down to it, in place and outside the graph.
Tensor embedding_renorm_(Tensor weight, const Tensor& indices, double max_norm, double norm_type);
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

}  // namespace xgrad
