#pragma once

#include <xgrad/autograd/tensor.h>

/// Arguments of gather, the scatters and what is made of them.
namespace xgrad::ops {

/// Checks an index of the rank of `other` (called `role`), no larger than it but along `dim`; -1 allows no exception.
void check_index_shape(const char* operation, const Tensor& index, const char* role, const Tensor& other,
                       std::int64_t dim);
/// `source` cut to the shape of the index, which is checked: the rest takes no part.
Tensor scatter_source(const char* operation, const Tensor& self, std::int64_t dim, const Tensor& index,
                      const Tensor& source);

}  // namespace xgrad::ops
