#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>

/// Tensors with a part replaced: compositions without a write, so that every transform knows them.
namespace xgrad {

using detail::shape_string;
using detail::wrap_dim;

namespace {

void check_part(const char* name, const Tensor& src, IntArrayRef part) {
    ops::check_defined(name, src);
    if (src.sizes() != part)
        raise<ShapeError>(name, "expected src to have a size equal to the slice of self. src size = ",
                          shape_string(src.sizes()), ", slice size = ", shape_string(part));
}

Tensor positions(const Tensor& self, std::int64_t dim) { return arange(self.size(dim)); }

}  // namespace

Tensor select_scatter(const Tensor& self, const Tensor& src, std::int64_t dim, std::int64_t index) {
    check_part("select_scatter", src, self.detach().select(dim, index).sizes());
    const std::int64_t d = wrap_dim(dim, self.dim(), "select_scatter");
    return self.index_copy(d, positions(self, d).select(0, index).view({1}), src.to(self.dtype()).unsqueeze(d));
}

Tensor slice_scatter(const Tensor& self, const Tensor& src, std::int64_t dim, std::optional<std::int64_t> start,
                     std::optional<std::int64_t> end, std::int64_t step) {
    check_part("slice_scatter", src, self.detach().slice(dim, start, end, step).sizes());
    const std::int64_t d = wrap_dim(dim, self.dim(), "slice_scatter");
    return self.index_copy(d, positions(self, d).slice(0, start, end, step), src.to(self.dtype()));
}

Tensor diagonal_scatter(const Tensor& self, const Tensor& src, std::int64_t offset, std::int64_t dim1,
                        std::int64_t dim2) {
    const Tensor part = self.detach().diagonal(offset, dim1, dim2);
    check_part("diagonal_scatter", src, part.sizes());
    const auto on_diagonal = [&](const Tensor& values) {
        return diagonal_backward(values, self.sizes(), offset, dim1, dim2);
    };
    return where(on_diagonal(ones(part.sizes(), kUInt8)), on_diagonal(src.to(self.dtype())), self);
}

Tensor Tensor::select_scatter(const Tensor& src, std::int64_t dim, std::int64_t index) const {
    return xgrad::select_scatter(*this, src, dim, index);
}
Tensor Tensor::slice_scatter(const Tensor& src, std::int64_t dim, std::optional<std::int64_t> start,
                             std::optional<std::int64_t> end, std::int64_t step) const {
    return xgrad::slice_scatter(*this, src, dim, start, end, step);
}
Tensor Tensor::diagonal_scatter(const Tensor& src, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) const {
    return xgrad::diagonal_scatter(*this, src, offset, dim1, dim2);
}

Tensor& Tensor::fill_diagonal_(const Scalar& fill_value, bool wrap) {
    if (dim() < 2)
        raise<ShapeError>("fill_diagonal_", "needs at least two dimensions, got the shape ", shape_string(sizes()));
    for (std::int64_t d = 1; dim() > 2 && d < dim(); ++d)
        if (size(d) != size(0))
            raise<ShapeError>("fill_diagonal_", "all dimensions of input must be of equal length, got the shape ",
                              shape_string(sizes()));
    // The element (i, i ...) of each; in a matrix that wraps, the diagonal starts again below an empty row.
    const auto along = [&](std::int64_t d) {
        detail::Dims shape(static_cast<std::size_t>(dim()), 1);
        shape[static_cast<std::size_t>(d)] = size(d);
        return arange(size(d)).view(shape);
    };
    const Tensor rows = wrap && dim() == 2 ? along(0).remainder(size(1) + 1) : along(0);
    Tensor mask = rows == along(1);
    for (std::int64_t d = 2; d < dim(); ++d) mask = mask & (rows == along(d));
    return masked_fill_(mask, fill_value);
}

}  // namespace xgrad
