#pragma once

#include <optional>

#include <xgrad/autograd/tensor.h>

/// Distances and similarities of vectors. At distance zero gradients are zero.
namespace xgrad {

/// x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) over `dim`; the shapes broadcast.
Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, std::int64_t dim = 1, double eps = 1e-8);
/// The p-norm of x1 - x2 + eps over the last dimension; the shapes broadcast.
Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, double p = 2, double eps = 1e-6, bool keepdim = false);
/// The p-norms of the differences of each row of x1 (..., P, M) and each of x2 (..., R, M): (..., P, R). For p = 2
/// they come from a matrix product, which is faster and loses digits of small distances: `compute_mode` nothing or 0
/// where there are more than 25 rows, 1 always, 2 never.
Tensor cdist(const Tensor& x1, const Tensor& x2, double p = 2, std::optional<std::int64_t> compute_mode = std::nullopt);
/// The p-norms of the differences of all pairs of rows of a matrix (n, m): n (n - 1) / 2 of them, those of row 0 first.
Tensor pdist(const Tensor& self, double p = 2);

}  // namespace xgrad
