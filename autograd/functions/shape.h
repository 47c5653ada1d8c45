#pragma once

#include <optional>
#include <vector>

#include <xgrad/autograd/tensor.h>

/// Shape. Views share memory with their source where they can.
namespace xgrad {

Tensor reshape(const Tensor& self, IntArrayRef shape);
Tensor flatten(const Tensor& self, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
Tensor transpose(const Tensor& self, std::int64_t dim0, std::int64_t dim1);
/// Transpose of a matrix; fewer dimensions stay as they are.
Tensor t(const Tensor& self);
Tensor permute(const Tensor& self, IntArrayRef dims);
/// Moves dimension `source` to position `destination`; the others keep their order.
Tensor movedim(const Tensor& self, std::int64_t source, std::int64_t destination);
/// Drops dimensions of size 1.
Tensor squeeze(const Tensor& self);
Tensor squeeze(const Tensor& self, std::int64_t dim);
Tensor unsqueeze(const Tensor& self, std::int64_t dim);
Tensor broadcast_to(const Tensor& self, IntArrayRef size);
Tensor cat(const TensorList& tensors, std::int64_t dim = 0);
Tensor stack(const TensorList& tensors, std::int64_t dim = 0);
std::vector<Tensor> unbind(const Tensor& self, std::int64_t dim = 0);
std::vector<Tensor> split(const Tensor& self, std::int64_t split_size, std::int64_t dim = 0);
std::vector<Tensor> chunk(const Tensor& self, std::int64_t chunks, std::int64_t dim = 0);
Tensor select(const Tensor& self, std::int64_t dim, std::int64_t index);
Tensor narrow(const Tensor& self, std::int64_t dim, std::int64_t start, std::int64_t length);
/// One level of the view operations: (size, stride, offset) over the memory of `self`.
Tensor as_strided(const Tensor& self, IntArrayRef size, IntArrayRef stride,
                  std::optional<std::int64_t> storage_offset = std::nullopt);
Tensor clone(const Tensor& self);
Tensor detach(const Tensor& self);

}  // namespace xgrad
