#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/linalg/linalg.h>
#include <xgrad/autograd/ops/op.h>

#include <cmath>
#include <limits>
#include <string>

/// Norms of vectors and matrices: compositions, whose gradients are those of their parts.
namespace xgrad {

using detail::Dims;

namespace {

constexpr const char* kVectorNorm = "linalg_vector_norm";
constexpr const char* kMatrixNorm = "linalg_matrix_norm";

/// `x` in the dtype that is asked for.
Tensor in_dtype(const char* name, const Tensor& x, std::optional<ScalarType> dtype) {
    ops::check_defined(name, x);
    if (!x.is_floating_point())
        raise<DtypeError>(name, "Expected a floating point or complex tensor as input. Got ", x.dtype());
    if (!dtype) return x;
    if (!is_floating_point(*dtype)) raise<DtypeError>(name, "dtype should be floating point or complex. Got ", *dtype);
    if (*dtype < x.dtype())
        raise<DtypeError>(name, "the dtype of the input (", x.dtype(),
                          ") should be convertible without narrowing to the specified dtype (", *dtype, ")");
    return x.to(*dtype);
}

struct MatrixDims {
    std::int64_t rows, columns;

    /// `x` with the two dimensions last.
    Tensor last(const Tensor& x) const {
        Dims order;
        for (std::int64_t d = 0; d < x.dim(); ++d)
            if (d != rows && d != columns) order.push_back(d);
        order.push_back(rows);
        order.push_back(columns);
        return x.permute(order);
    }
    /// A batch of numbers as the result of a reduction of both dimensions.
    Tensor result(const Tensor& batch, bool keepdim) const {
        if (!keepdim) return batch;
        return batch.unsqueeze(std::min(rows, columns)).unsqueeze(std::max(rows, columns));
    }
};

MatrixDims matrix_dims(const Tensor& x, IntArrayRef dim) {
    if (x.dim() < 2)
        raise<ShapeError>(kMatrixNorm, "The input tensor A must have at least 2 dimensions, the shape is ",
                          detail::shape_string(x.sizes()));
    if (dim.size() != 2) raise<ValueError>(kMatrixNorm, "dim must be a 2-tuple. Got ", dim);
    const MatrixDims dims{detail::wrap_dim(dim[0], x.dim(), kMatrixNorm),
                          detail::wrap_dim(dim[1], x.dim(), kMatrixNorm)};
    if (dims.rows == dims.columns)
        raise<ValueError>(kMatrixNorm, "dims must be different. Got (", dim[0], ", ", dim[1], ")");
    return dims;
}

}  // namespace

Tensor linalg_vector_norm(const Tensor& self, const Scalar& ord, OptionalIntArrayRef dim, bool keepdim,
                          std::optional<ScalarType> dtype) {
    const Tensor x = in_dtype(kVectorNorm, self, dtype);
    const double order = ord.to_double();
    const std::uint64_t over = detail::dim_mask(dim, x.dim(), kVectorNorm);
    // Least and greatest elements, and roots of their kind, of nothing do not exist.
    if (order < 0 || std::isinf(order))
        for (std::int64_t d = 0; d < x.dim(); ++d)
            if ((over >> d & 1) && x.size(d) == 0)
                raise<ValueError>(kVectorNorm, "cannot compute the ", order,
                                  " norm on an empty tensor because the operation does not have an identity");
    return norm(x, ord, dim ? *dim : IntArrayRef(), keepdim);
}

Tensor linalg_matrix_norm(const Tensor& self, const Scalar& ord, IntArrayRef dim, bool keepdim,
                          std::optional<ScalarType> dtype) {
    const Tensor x = in_dtype(kMatrixNorm, self, dtype);
    const MatrixDims dims = matrix_dims(x, dim);
    const double order = ord.to_double(), kind = std::abs(order);
    if (kind != 1 && kind != 2 && !std::isinf(kind)) raise<ValueError>(kMatrixNorm, "Order ", order, " not supported.");
    const Tensor A = dims.last(x);
    const Tensor sizes = kind == 2 ? linalg_svdvals(A) : A.abs().sum(kind == 1 ? -2 : -1);
    return dims.result(order > 0 ? sizes.amax(-1) : sizes.amin(-1), keepdim);
}

Tensor linalg_matrix_norm(const Tensor& self, std::string_view ord, IntArrayRef dim, bool keepdim,
                          std::optional<ScalarType> dtype) {
    const Tensor x = in_dtype(kMatrixNorm, self, dtype);
    const MatrixDims dims = matrix_dims(x, dim);
    if (ord == "fro") return norm(x, 2, {dims.rows, dims.columns}, keepdim);
    if (ord == "nuc") return dims.result(linalg_svdvals(dims.last(x)).sum(-1), keepdim);
    raise<ValueError>(kMatrixNorm, "Order ", ord, " not supported.");
}

namespace {

constexpr const char* kNorm = "linalg_norm";

void check_norm(const Tensor& self, bool with_ord, OptionalIntArrayRef dim) {
    ops::check_defined(kNorm, self);
    if (dim && dim->size() != 1 && dim->size() != 2)
        raise<ValueError>(kNorm, "If dim is specified, it must be of length 1 or 2. Got ", *dim);
    if (!dim && with_ord && self.dim() != 1 && self.dim() != 2)
        raise<ShapeError>(kNorm, "If dim is not specified but ord is, the input must be 1D or 2D. Got ", self.dim(),
                          "D.");
}

}  // namespace

Tensor linalg_norm(const Tensor& self, const std::optional<Scalar>& ord, OptionalIntArrayRef dim, bool keepdim,
                   std::optional<ScalarType> dtype) {
    check_norm(self, ord.has_value(), dim);
    const bool matrix = ord && (dim ? dim->size() == 2 : self.dim() == 2);
    if (!matrix) return linalg_vector_norm(self, ord.value_or(2), dim, keepdim, dtype);
    return dim ? linalg_matrix_norm(self, *ord, *dim, keepdim, dtype)
               : linalg_matrix_norm(self, *ord, {0, 1}, keepdim, dtype);
}

Tensor linalg_norm(const Tensor& self, std::string_view ord, OptionalIntArrayRef dim, bool keepdim,
                   std::optional<ScalarType> dtype) {
    check_norm(self, true, dim);
    return dim ? linalg_matrix_norm(self, ord, *dim, keepdim, dtype)
               : linalg_matrix_norm(self, ord, {0, 1}, keepdim, dtype);
}

Tensor frobenius_norm(const Tensor& self, IntArrayRef dim, bool keepdim) {
    if (dim.size() > 2)
        raise<ValueError>("frobenius_norm", "Expected at most 2 dimensions, but got ", dim.size(),
                          " dimensions instead.");
    return linalg_vector_norm(self, 2, dim, keepdim);
}
Tensor nuclear_norm(const Tensor& self, bool keepdim) { return nuclear_norm(self, {-2, -1}, keepdim); }
Tensor nuclear_norm(const Tensor& self, IntArrayRef dim, bool keepdim) {
    return linalg_matrix_norm(self, "nuc", dim, keepdim);
}

namespace {

constexpr const char* kCond = "linalg_cond";

/// norm(A) norm(inv(A)), infinite where there is no inverse.
template <class Order>
Tensor condition(const Tensor& A, const Order& order) {
    ops::check_square(kCond, A);
    if (A.numel() == 0) return zeros(ops::batch_sizes(A), A.dtype());
    const std::tuple<Tensor, Tensor> inverse = linalg_inv_ex(A);
    const Tensor product = linalg_matrix_norm(A, order) * linalg_matrix_norm(std::get<0>(inverse), order);
    return where(std::get<1>(inverse) > 0, std::numeric_limits<double>::infinity(), product);
}

}  // namespace

Tensor linalg_cond(const Tensor& self, const std::optional<Scalar>& p) {
    ops::check_matrix(kCond, self);
    const double order = p ? p->to_double() : 2;
    if (std::abs(order) != 2) return condition(self, *p);
    if (self.numel() == 0) {
        if (self.size(-1) != self.size(-2)) ops::check_square(kCond, self);
        return zeros(ops::batch_sizes(self), self.dtype());
    }
    const Tensor S = linalg_svdvals(self), largest = S.select(-1, 0), smallest = S.select(-1, -1);
    return order > 0 ? largest / smallest : smallest / largest;
}

Tensor linalg_cond(const Tensor& self, std::string_view p) {
    // By definition: the inverse of a singular matrix has no singular values.
    if (p == "nuc") {
        ops::check_square(kCond, self);
        const Tensor S = linalg_svdvals(self);
        return S.sum(-1) * S.reciprocal().sum(-1);
    }
    return condition(self, p);
}

}  // namespace xgrad
