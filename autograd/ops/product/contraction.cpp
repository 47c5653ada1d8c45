#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/product/product.h>

#include <limits>

/// Products that come down to element-wise ones and to products of matrices.
namespace xgrad {

using detail::Dims;
using detail::shape_string;
using detail::wrap_dim;

namespace ops {

namespace {

/// Cross products along one dimension of two tensors of one shape.
struct Cross {
    static constexpr const char* name = "linalg_cross";
    static constexpr Uses uses[] = {in(1), in(0)};

    std::int64_t dim;

    Tensor forward(const Tensor& a, const Tensor& b) const {
        check_same_dtype(name, a, b);
        Tensor out = empty(a.sizes(), a.dtype());
        for (std::int64_t i = 0; i < 3; ++i) {
            const std::int64_t j = (i + 1) % 3, k = (i + 2) % 3;
            copy(out.select(dim, i), a.select(dim, j) * b.select(dim, k) - a.select(dim, k) * b.select(dim, j));
        }
        return out;
    }
    void vjp(Vjp& b) const {
        if (b.needs(0)) b.set(0, linalg_cross(b.input(1), b.grad(), dim));
        if (b.needs(1)) b.set(1, linalg_cross(b.grad(), b.input(0), dim));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        return bilinear_jvp(x, t, [this](const Tensor& a, const Tensor& b) { return linalg_cross(a, b, dim); });
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        const auto batch_first = [&](std::size_t i) {
            return dims[i] < 0 ? x[i].unsqueeze(0) : x[i].movedim(dims[i], 0);
        };
        return {linalg_cross(batch_first(0), batch_first(1), dim + 1), 0};
    }
};

using CrossProducts = Family<Cross>;

std::int64_t product_of(IntArrayRef sizes) {
    std::int64_t n = 1;
    for (const auto s : sizes) n *= s;
    return n;
}

/// The cheapest order of a chain of products; see Cormen et al., 15.2.
class ChainOrder {
  public:
    explicit ChainOrder(const TensorList& matrices) : n_(matrices.size()), split_(n_ * n_) {
        std::vector<double> cost(n_ * n_);
        const auto cols = [&](std::size_t i) { return static_cast<double>(matrices[i].size(1)); };
        for (std::size_t length = 1; length < n_; ++length)
            for (std::size_t i = 0; i + length < n_; ++i) {
                const std::size_t j = i + length;
                double best = std::numeric_limits<double>::infinity();
                for (std::size_t k = i; k < j; ++k) {
                    const double c = cost[i * n_ + k] + cost[(k + 1) * n_ + j] +
                                     static_cast<double>(matrices[i].size(0)) * cols(k) * cols(j);
                    if (c >= best) continue;
                    best = c;
                    split_[i * n_ + j] = k;
                }
                cost[i * n_ + j] = best;
            }
    }

    /// The product of matrices i ... j.
    Tensor product(const TensorList& matrices, std::size_t i, std::size_t j) const {
        if (i == j) return matrices[i];
        const std::size_t k = split_[i * n_ + j];
        return product(matrices, i, k).mm(product(matrices, k + 1, j));
    }

  private:
    std::size_t n_;
    std::vector<std::size_t> split_;  // the best last product of i ... j is between k and k + 1
};

}  // namespace

std::vector<OpInfo> cross_operations() { return CrossProducts::table(); }

}  // namespace ops

Tensor outer(const Tensor& self, const Tensor& vec2) {
    if (self.dim() != 1 || vec2.dim() != 1)
        raise<ShapeError>("outer", "Expected 1-D arguments self and vec2, but got ", self.dim(), "-D and ", vec2.dim(),
                          "-D");
    return self.unsqueeze(1) * vec2;
}
Tensor ger(const Tensor& self, const Tensor& vec2) { return outer(self, vec2); }

Tensor inner(const Tensor& self, const Tensor& other) {
    if (self.dim() == 0 || other.dim() == 0) return self * other;
    if (self.size(-1) != other.size(-1))
        raise<ShapeError>("inner", "the last dimension must match on both input tensors but got shapes ", self.sizes(),
                          " and ", other.sizes());
    return tensordot(self, other, -1, -1);
}

Tensor tensordot(const Tensor& self, const Tensor& other, IntArrayRef dims_self, IntArrayRef dims_other) {
    if (dims_self.size() != dims_other.size())
        raise<ValueError>("tensordot", "both dimension lists should have same length, got ", dims_self, " and ",
                          dims_other);
    Tensor a = self, b = other;
    Dims order_a, order_b, summed_a, summed_b, sizes;
    std::int64_t inner = 1;
    for (std::size_t i = 0; i < dims_self.size(); ++i) {
        const std::int64_t da = wrap_dim(dims_self[i], self.dim(), "tensordot"),
                           db = wrap_dim(dims_other[i], other.dim(), "tensordot");
        const std::int64_t na = self.dim() ? self.size(da) : 1, nb = other.dim() ? other.size(db) : 1;
        if (na != nb && na != 1 && nb != 1)
            raise<ShapeError>("tensordot", "contracted dimensions need to match, but first has size ", na, " in dim ",
                              da, " and second has size ", nb, " in dim ", db);
        // Against a single element the others are added up first.
        if (na != 1 && nb == 1) a = a.sum(da, true, a.dtype());
        if (nb != 1 && na == 1) b = b.sum(db, true, b.dtype());
        inner *= na == 1 || nb == 1 ? 1 : na;
        summed_a.push_back(da);
        summed_b.push_back(db);
    }
    const std::uint64_t mask_a = summed_a.empty() ? 0 : detail::dim_mask(summed_a, a.dim(), "tensordot"),
                        mask_b = summed_b.empty() ? 0 : detail::dim_mask(summed_b, b.dim(), "tensordot");
    for (std::int64_t d = 0; d < a.dim(); ++d)
        if (!(mask_a >> d & 1)) {
            order_a.push_back(d);
            sizes.push_back(a.size(d));
        }
    const std::int64_t rows = ops::product_of(sizes);
    if (a.dim() > 0)
        for (const auto d : summed_a) order_a.push_back(d);
    if (b.dim() > 0) order_b = summed_b;
    std::int64_t cols = 1;
    for (std::int64_t d = 0; d < b.dim(); ++d)
        if (!(mask_b >> d & 1)) {
            order_b.push_back(d);
            sizes.push_back(b.size(d));
            cols *= b.size(d);
        }
    return a.permute(order_a).reshape({rows, inner}).mm(b.permute(order_b).reshape({inner, cols})).reshape(sizes);
}

Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight, const Tensor& bias) {
    if (weight.dim() != 3)
        raise<ShapeError>("bilinear", "the weight must be (out, in1, in2), got ", shape_string(weight.sizes()));
    if (input1.dim() < 1 || input1.dim() != input2.dim())
        raise<ShapeError>("bilinear", "input dimensions do not match: got ", input1.dim(), " and ", input2.dim());
    const auto leading = static_cast<std::size_t>(input1.dim() - 1);
    const IntArrayRef batch = input1.sizes().slice(0, leading);
    if (batch != input2.sizes().slice(0, leading))
        raise<ShapeError>("bilinear", "input batch dimensions do not match: got ", shape_string(input1.sizes()),
                          " and ", shape_string(input2.sizes()));
    if (input1.size(-1) != weight.size(1) || input2.size(-1) != weight.size(2))
        raise<ShapeError>("bilinear", "the last dimensions of ", shape_string(input1.sizes()), " and ",
                          shape_string(input2.sizes()), " must be the last two of the weight ",
                          shape_string(weight.sizes()));
    if (bias.defined() && (bias.dim() != 1 || bias.size(0) != weight.size(0)))
        raise<ShapeError>("bilinear", "the bias ", shape_string(bias.sizes()),
                          " must have one element for each output of the weight ", shape_string(weight.sizes()));
    const std::int64_t rows = ops::product_of(batch);
    // (out, rows, in2): every x1 with every W_k, then with the x2 of its row.
    const Tensor products = input1.reshape({rows, weight.size(1)}).matmul(weight);
    const Tensor sums = (products * input2.reshape({rows, weight.size(2)})).sum(-1).t();
    Dims sizes = batch;
    sizes.push_back(weight.size(0));
    return (bias.defined() ? sums + bias : sums).reshape(sizes);
}

Tensor kron(const Tensor& self, const Tensor& other) {
    const std::int64_t rank = std::max(self.dim(), other.dim());
    Dims rows, cols, sizes;
    for (std::int64_t d = -rank; d < 0; ++d) {
        const std::int64_t a = d < -self.dim() ? 1 : self.size(d), b = d < -other.dim() ? 1 : other.size(d);
        rows.push_back(a);
        rows.push_back(1);
        cols.push_back(1);
        cols.push_back(b);
        sizes.push_back(a * b);
    }
    return (self.reshape(rows) * other.reshape(cols)).reshape(sizes);
}

Tensor linalg_cross(const Tensor& self, const Tensor& other, std::int64_t dim) {
    if (self.dim() != other.dim() || self.dim() == 0)
        raise<ShapeError>("linalg_cross", "inputs must have the same number of dimensions, at least one, got ",
                          shape_string(self.sizes()), " and ", shape_string(other.sizes()));
    const std::int64_t d = wrap_dim(dim, self.dim(), "linalg_cross");
    if (self.size(d) != 3 || other.size(d) != 3)
        raise<ShapeError>("linalg_cross", "inputs dimension ", d, " must have length 3. Got ", self.size(d), " and ",
                          other.size(d));
    const Dims sizes = detail::broadcast_shapes(self.sizes(), other.sizes(), "linalg_cross");
    const auto wide = [&](const Tensor& x) { return x.sizes() == IntArrayRef(sizes) ? x : x.expand(sizes); };
    return ops::CrossProducts::apply(ops::Cross{d}, wide(self), wide(other));
}

Tensor cross(const Tensor& self, const Tensor& other, std::optional<std::int64_t> dim) {
    if (dim) return linalg_cross(self, other, *dim);
    for (std::int64_t d = 0; d < self.dim(); ++d)
        if (self.size(d) == 3) return linalg_cross(self, other, d);
    raise<ShapeError>("cross", "no dimension of size 3 in input ", shape_string(self.sizes()));
}

Tensor trace(const Tensor& self) {
    if (self.dim() != 2) raise<ShapeError>("trace", "expected a matrix, but got tensor with dim ", self.dim());
    return self.diagonal().sum();
}

Tensor linalg_multi_dot(const TensorList& tensors) {
    if (tensors.size() < 2)
        raise<ValueError>("linalg_multi_dot", "expected at least 2 tensors but got ", tensors.size());
    TensorList matrices = tensors;
    for (const Tensor& x : matrices) ops::check_defined("linalg_multi_dot", x);
    const bool row = matrices.front().dim() == 1, column = matrices.back().dim() == 1;
    if (row) matrices.front() = matrices.front().unsqueeze(0);
    if (column) matrices.back() = matrices.back().unsqueeze(1);
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        if (matrices[i].dim() != 2)
            raise<ShapeError>("linalg_multi_dot", "tensor ", i, " must be 2D but got ", tensors[i].dim(), "D");
        ops::check_same_dtype("linalg_multi_dot", matrices[0], matrices[i]);
        if (i > 0 && matrices[i - 1].size(1) != matrices[i].size(0))
            raise<ShapeError>("linalg_multi_dot", "tensors ", i - 1, " and ", i, " with shapes ",
                              matrices[i - 1].sizes(), " and ", matrices[i].sizes(), " cannot be multiplied");
    }
    Tensor out = ops::ChainOrder(matrices).product(matrices, 0, matrices.size() - 1);
    if (row) out = out.squeeze(0);
    if (column) out = out.squeeze(-1);
    return out;
}

Tensor chain_matmul(const TensorList& matrices) {
    if (matrices.empty()) raise<ValueError>("chain_matmul", "Expecting at least 1 matrix");
    for (const Tensor& x : matrices) {
        ops::check_defined("chain_matmul", x);
        if (x.dim() != 2) raise<ShapeError>("chain_matmul", "Tensor dimension is ", x.dim(), ", expected 2 instead");
    }
    return matrices.size() == 1 ? matrices[0] : linalg_multi_dot(matrices);
}

Tensor Tensor::inner(const Tensor& other) const { return xgrad::inner(*this, other); }
Tensor Tensor::outer(const Tensor& vec2) const { return xgrad::outer(*this, vec2); }
Tensor Tensor::kron(const Tensor& other) const { return xgrad::kron(*this, other); }
Tensor Tensor::cross(const Tensor& other, std::optional<std::int64_t> dim) const {
    return xgrad::cross(*this, other, dim);
}
Tensor Tensor::trace() const { return xgrad::trace(*this); }

}  // namespace xgrad
