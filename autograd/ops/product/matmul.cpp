#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/map.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/product/blas.h>
#include <xgrad/autograd/ops/product/product.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>

namespace xgrad {

using detail::Dims;
using detail::shape_string;

namespace ops {

void check_same_dtype(const char* operation, const Tensor& a, const Tensor& b) {
    if (a.dtype() != b.dtype())
        raise<DtypeError>(operation, "expected both operands to have the same dtype, but got: ", a.dtype(),
                          " != ", b.dtype());
}

void check_inner(const char* operation, const Tensor& a, const Tensor& b) {
    if (a.size(-1) != b.size(-2))
        raise<ShapeError>(operation, "the last dimension of ", shape_string(a.sizes()),
                          " must equal the second to last of ", shape_string(b.sizes()),
                          ": mat1 and mat2 shapes cannot be multiplied");
}

namespace {

/// `x` as a matrix of its last dimension.
Tensor as_rows(const Tensor& x) {
    if (x.dim() == 2) return x;
    std::int64_t rows = 1;
    for (std::int64_t d = 0; d < x.dim() - 1; ++d) rows *= x.size(d);
    return x.reshape({rows, x.size(-1)});
}

/// The last two dimensions of `x` as BLAS takes them, or nothing when neither of them is contiguous.
template <class T>
std::optional<BlasMatrix<T>> blas_matrix(const Tensor& x, std::int64_t batch = 0) {
    const auto& impl = *x.unsafeGetTensorImpl();
    const std::size_t d = impl.sizes.size() - 2;
    const std::int64_t rows = impl.sizes[d], cols = impl.sizes[d + 1], rs = impl.strides[d], cs = impl.strides[d + 1];
    const T* data = static_cast<const T*>(impl.data()) + (d > 0 ? batch * impl.strides[0] : 0);
    if ((cs == 1 || cols == 1) && (rs >= std::max<std::int64_t>(cols, 1) || rows == 1))
        return BlasMatrix<T>{data, false, std::max({rows == 1 ? 1 : rs, cols, std::int64_t{1}})};
    if ((rs == 1 || rows == 1) && (cs >= std::max<std::int64_t>(rows, 1) || cols == 1))
        return BlasMatrix<T>{data, true, std::max({cols == 1 ? 1 : cs, rows, std::int64_t{1}})};
    return std::nullopt;
}

template <class T>
void integer_product(const Tensor& a, const Tensor& b, const Tensor& out) {
    const auto x = a.accessor<T, 2>(), y = b.accessor<T, 2>(), z = out.accessor<T, 2>();
    for (std::int64_t i = 0; i < a.size(0); ++i) {
        for (std::int64_t j = 0; j < b.size(1); ++j) z[i][j] = 0;
        for (std::int64_t k = 0; k < a.size(1); ++k)
            for (std::int64_t j = 0; j < b.size(1); ++j) z[i][j] = static_cast<T>(z[i][j] + x[i][k] * y[k][j]);
    }
}

/// Products over a dimension of size 1, batched or not: a pass over the result, at the speed of memory.
template <class T>
void outer_products(const Tensor& a, const Tensor& b, const Tensor& out) {
    const Tensor factors = a.squeeze(-1), rows = b.squeeze(-2).contiguous();
    const std::int64_t m = factors.size(-1), n = rows.size(-1), batches = a.dim() == 3 ? a.size(0) : 1;
    const std::int64_t batch_stride = a.dim() == 3 ? factors.stride(0) : 0;
    detail::parallel_for(0, batches * m, kGrain / n + 1, [&](std::int64_t row, std::int64_t end) {
        while (row < end) {
            const std::int64_t batch = row / m, first = row % m, count = std::min(m - first, end - row);
            const T* from = factors.data_ptr<T>() + batch * batch_stride + first * factors.stride(-1);
            kernels().skinny[float_index(out.dtype())].outer(
                {count, n, from, factors.stride(-1), rows.data_ptr<T>() + batch * n, out.data_ptr<T>() + row * n});
            row += count;
        }
    });
}

}  // namespace

void multiply(const Tensor& a, const Tensor& b, const Tensor& out, double beta) {
    if (a.numel() == 0 || b.numel() == 0) {
        if (beta == 0 && out.numel() > 0) copy(out, full({}, 0, out.dtype()));
        return;
    }
    if (!xgrad::is_floating_point(a.dtype())) {
        if (a.dim() == 3) {
            for (std::int64_t i = 0; i < a.size(0); ++i) multiply(a.select(0, i), b.select(0, i), out.select(0, i));
            return;
        }
        return visit_dtype(a.dtype(), [&](auto v) {
            using T = decltype(v);
            if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
                integer_product<T>(a, b, out);
            else
                raise<DtypeError>("matmul", "not implemented for ", a.dtype());
        });
    }
    const auto run = [&]<class T>(T) {
        if (a.size(-1) == 1 && beta == 0) return outer_products<T>(a, b, out);
        const Tensor x = blas_matrix<T>(a) ? a : a.contiguous(), y = blas_matrix<T>(b) ? b : b.contiguous();
        const std::int64_t m = a.size(-2), k = a.size(-1), n = b.size(-1), batches = a.dim() == 3 ? a.size(0) : 1;
        T* c = static_cast<T*>(out.unsafeGetTensorImpl()->data());
        const auto products = [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t i = from; i < to; ++i)
                gemm<T>(m, n, k, *blas_matrix<T>(x, i), *blas_matrix<T>(y, i), static_cast<T>(beta), c + i * m * n, n);
        };
        // Few large products are divided each; of many, every thread takes some as a whole.
        const std::int64_t work = std::max<std::int64_t>(m * n * k, 1);
        if (batches < get_num_threads() && work >= kParallelProduct) return products(0, batches);
        detail::parallel_for(0, batches, std::max<std::int64_t>(kParallelProduct / work, 1), products);
    };
    if (a.dtype() == kFloat32)
        run(float{});
    else
        run(double{});
}

namespace {

/// Batched operands of a product with the batch dimension in front; those without one stay as they are and broadcast.
Batched batched_product(std::span<const Tensor> x, std::span<const std::int64_t> dims) {
    return {matmul(dims[0] < 0 ? x[0] : x[0].movedim(dims[0], 0), dims[1] < 0 ? x[1] : x[1].movedim(dims[1], 0)), 0};
}

struct Mm {
    static constexpr const char* name = "mm";
    static constexpr Uses uses[] = {in(1), in(0)};

    Tensor forward(const Tensor& a, const Tensor& b) const {
        if (a.dim() != 2 || b.dim() != 2)
            raise<ShapeError>(name, "expects matrices, got ", shape_string(a.sizes()), " and ",
                              shape_string(b.sizes()));
        check_inner(name, a, b);
        check_same_dtype(name, a, b);
        Tensor out = empty({a.size(0), b.size(1)}, a.dtype());
        multiply(a, b, out);
        return out;
    }
    void vjp(Vjp& b) const {
        if (b.needs(0)) b.set(0, b.grad().mm(b.input(1).t()));
        if (b.needs(1)) b.set(1, b.input(0).t().mm(b.grad()));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        return bilinear_jvp(x, t, [](const Tensor& a, const Tensor& b) { return a.mm(b); });
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batched_product(x, dims);
    }
};

struct Bmm {
    static constexpr const char* name = "bmm";
    static constexpr Uses uses[] = {in(1), in(0)};

    Tensor forward(const Tensor& a, const Tensor& b) const {
        if (a.dim() != 3 || b.dim() != 3 || a.size(0) != b.size(0))
            raise<ShapeError>(name, "expects two batches of as many matrices, got ", shape_string(a.sizes()), " and ",
                              shape_string(b.sizes()));
        check_inner(name, a, b);
        check_same_dtype(name, a, b);
        Tensor out = empty({a.size(0), a.size(1), b.size(2)}, a.dtype());
        multiply(a, b, out);
        return out;
    }
    void vjp(Vjp& b) const {
        if (b.needs(0)) b.set(0, b.grad().bmm(b.input(1).transpose(1, 2)));
        if (b.needs(1)) b.set(1, b.input(0).transpose(1, 2).bmm(b.grad()));
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        return bilinear_jvp(x, t, [](const Tensor& a, const Tensor& b) { return a.bmm(b); });
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        // Matrices without the batch dimension get it with size 1, in front of their own.
        const Tensor a = dims[0] < 0 ? x[0].unsqueeze(0) : x[0].movedim(dims[0], 0);
        const Tensor b = dims[1] < 0 ? x[1].unsqueeze(0) : x[1].movedim(dims[1], 0);
        return {matmul(a, b), 0};
    }
};

/// x W^T + b. The bias is written first and the product added to it: one pass less over the result.
struct Linear {
    static constexpr const char* name = "linear";
    static constexpr Uses uses[] = {in(1), in(0), kNothing};

    Tensor forward(const Tensor& x, const Tensor& w, const Tensor& bias) const {
        if (w.dim() != 2 || x.dim() < 1 || x.size(-1) != w.size(1))
            raise<ShapeError>(name, "the last dimension of the input ", shape_string(x.sizes()),
                              " must equal the last of the weight ", shape_string(w.sizes()),
                              ": mat1 and mat2 shapes cannot be multiplied");
        if (bias.dim() != 1 || bias.size(0) != w.size(0))
            raise<ShapeError>(name, "the bias ", shape_string(bias.sizes()),
                              " must have one element for each row of the weight ", shape_string(w.sizes()));
        check_same_dtype(name, x, w);
        check_same_dtype(name, x, bias);
        Dims sizes = x.sizes();
        sizes[sizes.size() - 1] = w.size(0);
        Tensor out = empty(sizes, x.dtype());
        copy(out, bias);
        multiply(as_rows(x), w.t(), as_rows(out), 1);
        return out;
    }
    void vjp(Vjp& b) const {
        const Tensor& g = b.grad();
        if (b.needs(0)) b.set(0, g.matmul(b.input(1)));
        if (b.needs(1)) b.set(1, as_rows(g).t().mm(as_rows(b.input(0))));
        if (b.needs(2)) b.set(2, g);
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor& output) const {
        Tensor sum;
        const auto add = [&](const Tensor& term) { sum = sum.defined() ? sum + term : term; };
        if (t[0].defined()) add(t[0].matmul(x[1].t()));
        if (t[1].defined()) add(x[0].matmul(t[1].t()));
        if (t[2].defined()) add(t[2]);
        return sum.sizes() == output.sizes() ? sum : sum.expand(output.sizes());
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        Tensor input = dims[0] < 0 ? x[0] : x[0].movedim(dims[0], 0);
        if (dims[1] < 0 && dims[2] < 0) return {linear(input, x[1], x[2]), 0};
        // Weights of their own for each example: a batch of matrices in front of the input's other dimensions.
        const Tensor weight = dims[1] < 0 ? x[1].unsqueeze(0) : x[1].movedim(dims[1], 0);
        const Tensor bias = dims[2] < 0 ? x[2].unsqueeze(0) : x[2].movedim(dims[2], 0);
        if (dims[0] < 0) input = input.unsqueeze(0);
        const bool vector = input.dim() == 2;
        const Tensor flat = vector ? input.unsqueeze(1) : input.flatten(1, -2);
        const Tensor out = matmul(flat, weight.transpose(1, 2)) + bias.unsqueeze(1);
        Dims sizes = input.sizes();
        sizes[0] = out.size(0);
        sizes[sizes.size() - 1] = out.size(-1);
        return {vector ? out.squeeze(1) : out.reshape(sizes), 0};
    }
};

using Products = Family<Mm, Bmm, Linear>;

}  // namespace

std::vector<OpInfo> product_operations() { return Products::table(); }

}  // namespace ops

Tensor mm(const Tensor& self, const Tensor& mat2) { return ops::Products::apply(ops::Mm{}, self, mat2); }
Tensor bmm(const Tensor& self, const Tensor& mat2) { return ops::Products::apply(ops::Bmm{}, self, mat2); }

Tensor mv(const Tensor& self, const Tensor& vec) {
    if (self.dim() != 2 || vec.dim() != 1)
        raise<ShapeError>("mv", "vector + matrix @ vector expected, got ", self.dim(), ", ", vec.dim());
    return matmul(self, vec);
}

Tensor dot(const Tensor& self, const Tensor& other) {
    if (self.dim() != 1 || other.dim() != 1)
        raise<ShapeError>("dot", "1D tensors expected, but got ", self.dim(), "D and ", other.dim(), "D tensors");
    if (self.numel() != other.numel())
        raise<ShapeError>("dot",
                          "inconsistent tensor size, expected tensors to have the same number of elements, but got ",
                          self.numel(), " and ", other.numel());
    return matmul(self, other);
}

Tensor vdot(const Tensor& self, const Tensor& other) { return dot(self, other); }

Tensor matmul(const Tensor& self, const Tensor& other) {
    const std::int64_t da = self.dim(), db = other.dim();
    if (da == 0 || db == 0)
        raise<ShapeError>("matmul", "both arguments to matmul need to be at least 1D, but they are ", da, "D and ", db,
                          "D");
    if (da == 2 && db == 2) return mm(self, other);
    // A vector becomes a matrix, and the result loses the extra dimension.
    if (da == 1 && db == 1) return mm(self.unsqueeze(0), other.unsqueeze(1)).reshape(IntArrayRef());
    if (da == 1) return matmul(self.unsqueeze(0), other).squeeze(-2);
    if (db == 1) return matmul(self, other.unsqueeze(1)).squeeze(-1);
    ops::check_inner("matmul", self, other);
    Dims sizes = detail::broadcast_shapes(self.sizes().slice(0, static_cast<std::size_t>(da - 2)),
                                          other.sizes().slice(0, static_cast<std::size_t>(db - 2)), "matmul");
    const Dims batch = sizes;
    sizes.push_back(self.size(-2));
    sizes.push_back(other.size(-1));
    // One matrix on the right: the batch is more rows of the left one.
    if (db == 2) return mm(ops::as_rows(self), other).reshape(sizes);
    const auto batched = [&](const Tensor& x) {
        Dims full = batch;
        full.push_back(x.size(-2));
        full.push_back(x.size(-1));
        std::int64_t count = 1;
        for (auto s : batch) count *= s;
        return x.expand(full).reshape({count, x.size(-2), x.size(-1)});
    };
    return bmm(batched(self), batched(other)).reshape(sizes);
}

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
    if (bias.defined()) return ops::Products::apply(ops::Linear{}, input, weight, bias);
    if (weight.dim() != 2 || input.dim() < 1 || input.size(-1) != weight.size(1))
        raise<ShapeError>("linear", "the last dimension of the input ", shape_string(input.sizes()),
                          " must equal the last of the weight ", shape_string(weight.sizes()),
                          ": mat1 and mat2 shapes cannot be multiplied");
    return matmul(input, weight.t());
}

Tensor Tensor::matmul(const Tensor& other) const { return xgrad::matmul(*this, other); }
Tensor Tensor::mm(const Tensor& other) const { return xgrad::mm(*this, other); }
Tensor Tensor::bmm(const Tensor& other) const { return xgrad::bmm(*this, other); }
Tensor Tensor::mv(const Tensor& vector) const { return xgrad::mv(*this, vector); }
Tensor Tensor::dot(const Tensor& other) const { return xgrad::dot(*this, other); }

}  // namespace xgrad
