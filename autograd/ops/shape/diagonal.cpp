#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/shape/as_strided.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>
#include <cstring>

namespace xgrad {

using detail::Dims;
using detail::shape_string;
using detail::wrap_dim;

namespace ops {

namespace {

constexpr std::int64_t kGrainBytes = 1 << 17;

struct Diagonal {
    static constexpr const char* name = "diagonal";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool shares_memory = true;
    static constexpr bool linear = true;

    std::int64_t offset, dim1, dim2;

    /// How many elements the diagonal of a (rows, cols) matrix has.
    std::int64_t length(std::int64_t rows, std::int64_t cols) const {
        return std::max<std::int64_t>(offset >= 0 ? std::min(rows, cols - offset) : std::min(rows + offset, cols), 0);
    }
    Geometry of(Geometry g) const {
        const auto row = static_cast<std::size_t>(dim1), col = static_cast<std::size_t>(dim2);
        const std::int64_t count = length(g.sizes[row], g.sizes[col]);
        if (count > 0) g.offset += offset >= 0 ? offset * g.strides[col] : -offset * g.strides[row];
        const std::int64_t step = g.strides[row] + g.strides[col];
        for (const std::size_t d : {std::max(row, col), std::min(row, col)}) {
            g.sizes.erase(d);
            g.strides.erase(d);
        }
        g.sizes.push_back(count);
        g.strides.push_back(step);
        return g;
    }
    Tensor forward(const Tensor& x) const { return view_part(*this, x); }
    void vjp(Vjp& b) const { b.set(0, part_gradient(*this, b.grad(), b.meta(0).sizes)); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return {x[0].movedim(dims[0], 0).diagonal(offset, dim1 + 1, dim2 + 1), 0};
    }
};

/// The offset and the two dimensions, which must differ, of a tensor of this rank.
Diagonal diagonal_of(const char* operation, std::int64_t rank, std::int64_t offset, std::int64_t dim1,
                     std::int64_t dim2) {
    const Diagonal op{offset, wrap_dim(dim1, rank, operation), wrap_dim(dim2, rank, operation)};
    if (op.dim1 == op.dim2) raise<ValueError>(operation, "diagonal dimensions cannot be identical ", dim1, ", ", dim2);
    return op;
}

/// What of row `row` of a matrix with `cols` columns stands below the diagonal or on it: the columns before this one.
std::int64_t columns_below(std::int64_t row, std::int64_t cols, std::int64_t diagonal) {
    // Diagonals beyond the corners are as good as the corners: the sum must not overflow.
    const std::int64_t reach = std::clamp(diagonal, -row - 1, cols);
    return std::clamp<std::int64_t>(row + reach + 1, 0, cols);
}

/// Keeps one triangle of every matrix of `out`, which holds those of `x` or is to receive them.
void keep_triangle(const Tensor& x, const Tensor& out, std::int64_t diagonal, bool lower) {
    const std::int64_t rows = out.size(-2), cols = out.size(-1), bytes = out.element_size();
    if (out.numel() == 0) return;
    const auto* from = static_cast<const std::byte*>(x.unsafeGetTensorImpl()->data());
    auto* to = static_cast<std::byte*>(out.unsafeGetTensorImpl()->data());
    const auto part = [bytes](std::int64_t elements) { return static_cast<std::size_t>(elements * bytes); };
    const std::int64_t grain = std::max<std::int64_t>(kGrainBytes / (cols * bytes), 1);
    detail::parallel_for(0, out.numel() / cols, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t row = i % rows;
            // Of the upper triangle the row begins where the lower one of the next diagonal down ends.
            const std::int64_t cut = columns_below(row, cols, lower ? diagonal : std::max(diagonal, -rows) - 1);
            const std::int64_t keep_from = lower ? 0 : cut, keep_to = lower ? cut : cols;
            std::byte* line = to + i * cols * bytes;
            std::memset(line, 0, part(keep_from));
            if (from != to)
                std::memcpy(line + part(keep_from), from + i * cols * bytes + part(keep_from),
                            part(keep_to - keep_from));
            std::memset(line + part(keep_to), 0, part(cols - keep_to));
        }
    });
}

template <bool Lower>
struct Triangle {
    static constexpr const char* name = Lower ? "tril" : "triu";
    static constexpr Uses uses[] = {kNothing};
    static constexpr bool linear = true;

    std::int64_t diagonal;

    static Triangle of(const Tensor& x, std::int64_t diagonal) {
        if (x.dim() < 2)
            raise<ShapeError>(name, "input tensor must have at least 2 dimensions, got ", shape_string(x.sizes()));
        return {diagonal};
    }
    Tensor forward(const Tensor& x) const {
        Tensor out = empty(x.sizes(), x.dtype());
        keep_triangle(x.contiguous(), out, diagonal, Lower);
        return out;
    }
    void forward_(Tensor& self) const {
        if (self.is_contiguous()) return keep_triangle(self, self, diagonal, Lower);
        copy(self, forward(self));
    }
    void vjp(Vjp& b) const { b.set(0, Lower ? b.grad().tril(diagonal) : b.grad().triu(diagonal)); }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const Tensor batch_first = x[0].movedim(dims[0], 0);
        return {Lower ? batch_first.tril(diagonal) : batch_first.triu(diagonal), 0};
    }
};

using Diagonals = Family<Diagonal, Triangle<true>, Triangle<false>>;

/// Rows and columns of the elements whose column is in [first(row), last(row)).
template <class First, class Last>
Tensor indices_of(const char* operation, std::int64_t rows, std::int64_t cols, const TensorOptions& options,
                  First first, Last last) {
    if (rows < 0 || cols < 0)
        raise<ValueError>(operation, "row and col must be non-negative, got ", rows, " and ", cols);
    std::int64_t count = 0;
    for (std::int64_t row = 0; row < rows; ++row) count += last(row) - first(row);
    Tensor out = empty({2, count}, kInt64);
    auto* at = out.data_ptr<std::int64_t>();
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t col = first(row); col < last(row); ++col, ++at) {
            at[0] = row;
            at[count] = col;
        }
    return out.to(options.dtype_opt().value_or(kInt64));
}

}  // namespace

std::vector<OpInfo> diagonal_operations() { return Diagonals::table(); }

}  // namespace ops

Tensor diagonal(const Tensor& self, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
    return ops::Diagonals::apply(ops::diagonal_of("diagonal", self.dim(), offset, dim1, dim2), self);
}

Tensor diagonal_backward(const Tensor& grad_output, IntArrayRef input_sizes, std::int64_t offset, std::int64_t dim1,
                         std::int64_t dim2) {
    const auto rank = static_cast<std::int64_t>(input_sizes.size());
    const ops::Diagonal op = ops::diagonal_of("diagonal_backward", rank, offset, dim1, dim2);
    detail::checked_numel(input_sizes, "diagonal_backward");
    const ops::Geometry part = op.of({0, input_sizes, detail::contiguous_strides(input_sizes)});
    if (IntArrayRef(part.sizes) != grad_output.sizes())
        raise<ShapeError>("diagonal_backward", "the gradient ", shape_string(grad_output.sizes()),
                          " must have the shape of the diagonal ", shape_string(part.sizes));
    return ops::part_gradient(op, grad_output, input_sizes);
}

Tensor diag_embed(const Tensor& self, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
    if (self.dim() == 0) raise<ShapeError>("diag_embed", "needs at least one dimension, got a 0-dim tensor");
    const ops::Diagonal op = ops::diagonal_of("diag_embed", self.dim() + 1, offset, dim1, dim2);
    const std::int64_t size = self.size(-1) + (offset < 0 ? -offset : offset);
    Dims sizes = self.sizes().slice(0, static_cast<std::size_t>(self.dim() - 1));
    sizes.insert(static_cast<std::size_t>(std::min(op.dim1, op.dim2)), size);
    sizes.insert(static_cast<std::size_t>(std::max(op.dim1, op.dim2)), size);
    return diagonal_backward(self, sizes, offset, op.dim1, op.dim2);
}

Tensor diag(const Tensor& self, std::int64_t diagonal) {
    if (self.dim() == 1) return self.diag_embed(diagonal);
    if (self.dim() != 2) raise<ShapeError>("diag", "Supports 1D or 2D tensors. Got ", self.dim(), "D");
    return self.diagonal(diagonal).clone();
}

Tensor diagflat(const Tensor& self, std::int64_t offset) { return self.reshape({-1}).diag_embed(offset); }

Tensor tril(const Tensor& self, std::int64_t diagonal) {
    return ops::Diagonals::apply(ops::Triangle<true>::of(self, diagonal), self);
}
Tensor triu(const Tensor& self, std::int64_t diagonal) {
    return ops::Diagonals::apply(ops::Triangle<false>::of(self, diagonal), self);
}

Tensor tril_indices(std::int64_t row, std::int64_t col, std::int64_t offset, const TensorOptions& options) {
    return ops::indices_of(
        "tril_indices", row, col, options, [](std::int64_t) { return std::int64_t{0}; },
        [=](std::int64_t r) { return ops::columns_below(r, col, offset); });
}
Tensor triu_indices(std::int64_t row, std::int64_t col, std::int64_t offset, const TensorOptions& options) {
    const std::int64_t below = std::max(offset, -row) - 1;
    return ops::indices_of(
        "triu_indices", row, col, options, [=](std::int64_t r) { return ops::columns_below(r, col, below); },
        [=](std::int64_t) { return col; });
}

Tensor Tensor::diagonal(std::int64_t offset, std::int64_t dim1, std::int64_t dim2) const {
    return xgrad::diagonal(*this, offset, dim1, dim2);
}
Tensor Tensor::diag_embed(std::int64_t offset, std::int64_t dim1, std::int64_t dim2) const {
    return xgrad::diag_embed(*this, offset, dim1, dim2);
}
Tensor Tensor::diag(std::int64_t diagonal) const { return xgrad::diag(*this, diagonal); }
Tensor Tensor::diagflat(std::int64_t offset) const { return xgrad::diagflat(*this, offset); }
Tensor Tensor::tril(std::int64_t diagonal) const { return xgrad::tril(*this, diagonal); }
Tensor Tensor::triu(std::int64_t diagonal) const { return xgrad::triu(*this, diagonal); }
Tensor& Tensor::tril_(std::int64_t diagonal) {
    return ops::Diagonals::apply_inplace(ops::Triangle<true>::of(*this, diagonal), *this);
}
Tensor& Tensor::triu_(std::int64_t diagonal) {
    return ops::Diagonals::apply_inplace(ops::Triangle<false>::of(*this, diagonal), *this);
}

}  // namespace xgrad
