#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/linalg/linalg.h>
#include <xgrad/autograd/ops/op.h>

#include <array>
#include <cmath>
#include <limits>

/// Powers and the exponential of matrices, and the like: compositions of products.
namespace xgrad {

namespace {

void check_square_of_any_dtype(const char* name, const Tensor& A) {
    ops::check_defined(name, A);
    if (A.is_floating_point() || A.dim() < 2 || A.size(-1) != A.size(-2)) ops::check_square(name, A);
}

Tensor identities(const Tensor& like) { return eye(like.size(-1), like.dtype()).expand(like.sizes()); }

/// A polynomial of degree 16 in Paterson and Stockmeyer's form: four polynomials of degree 3, Horner's rule in A^4.
Tensor taylor(const Tensor& A) {
    constexpr int kDegree = 16, kBlock = 4;
    std::array<double, kDegree + 1> c{1};
    for (int k = 1; k <= kDegree; ++k) c[static_cast<std::size_t>(k)] = c[static_cast<std::size_t>(k - 1)] / k;
    const Tensor A2 = A.matmul(A), A3 = A2.matmul(A), A4 = A2.matmul(A2), I = eye(A.size(-1), A.dtype());
    const auto block = [&](int from) {
        const double* b = c.data() + from;
        return (A3 * b[3]).add(A2, b[2]).add(A, b[1]).add(I, b[0]);
    };
    Tensor sum = block(kDegree - kBlock).add(A4, c[kDegree]);
    for (int from = kDegree - 2 * kBlock; from >= 0; from -= kBlock) sum = sum.matmul(A4) + block(from);
    return sum;
}

/// The norm below which the polynomial, its first derivatives too, is exact to rounding: theta^17 / 17! is about the
/// epsilon of the dtype.
double taylor_radius(ScalarType dtype) { return dtype == kFloat32 ? 2 : 0.75; }

/// How many times each matrix is to be halved, as numbers of its dtype.
Tensor halvings(const Tensor& A) {
    const NoGradGuard no_grad;
    const Tensor norms = A.detach().abs().sum(-2).amax(-1), counts = (norms / taylor_radius(A.dtype())).log2().ceil();
    // Matrices that are not finite give NaN without any.
    return where(counts.isfinite(), counts.clamp_min(0), 0);
}

}  // namespace

Tensor linalg_matrix_exp(const Tensor& self) {
    constexpr const char* name = "linalg_matrix_exp";
    ops::check_square(name, self);
    if (detail::innermost(self).numel() == 0) return self.clone();
    const Tensor steps = halvings(self), &all = detail::innermost(steps);
    const auto most = static_cast<int>(all.max().item<double>()), least = static_cast<int>(all.min().item<double>());
    Tensor power = taylor(self * ops::as_matrices((-steps).exp2()));
    for (int step = 0; step < most; ++step) {
        const Tensor square = power.matmul(power);
        power = step < least ? square : where(ops::as_matrices(steps > step), square, power);
    }
    return power;
}
Tensor matrix_exp(const Tensor& self) { return linalg_matrix_exp(self); }
Tensor Tensor::matrix_exp() const { return linalg_matrix_exp(*this); }

Tensor linalg_matrix_power(const Tensor& self, std::int64_t n) {
    constexpr const char* name = "linalg_matrix_power";
    check_square_of_any_dtype(name, self);
    if (n == 0) return identities(self).clone();
    if (n == std::numeric_limits<std::int64_t>::min()) raise<ValueError>(name, "the exponent ", n, " is out of range");
    Tensor square = n < 0 ? linalg_inv(self) : self, power;
    for (std::int64_t rest = n < 0 ? -n : n;;) {
        if (rest & 1) power = power.defined() ? power.matmul(square) : square;
        if ((rest >>= 1) == 0) break;
        square = square.matmul(square);
    }
    return n == 1 ? power.clone() : power;
}
Tensor matrix_power(const Tensor& self, std::int64_t n) { return linalg_matrix_power(self, n); }
Tensor Tensor::matrix_power(std::int64_t n) const { return linalg_matrix_power(*this, n); }

Tensor linalg_vecdot(const Tensor& x, const Tensor& y, std::int64_t dim) {
    constexpr const char* name = "linalg_vecdot";
    ops::check_defined(name, x);
    ops::check_defined(name, y);
    if (!x.is_floating_point())
        raise<DtypeError>(name, "Expected a floating point or complex tensor as input. Got ", x.dtype());
    if (x.dtype() != y.dtype())
        raise<DtypeError>(name, "Expected x and y to have the same dtype, but found ", x.dtype(), " and ", y.dtype());
    return (x * y).sum(dim);
}

Tensor linalg_vander(const Tensor& x, std::optional<std::int64_t> N) {
    constexpr const char* name = "linalg_vander";
    ops::check_defined(name, x);
    if (x.dim() < 1) raise<ShapeError>(name, "expects a tensor of at least one dimension, got a number");
    const std::int64_t n = N.value_or(x.size(-1));
    if (n <= 1) raise<ValueError>(name, "N must be greater than 1, got ", n);
    const Tensor numbers = x.dtype() == kBool ? x.to(kInt64) : x;
    TensorList powers{ones_like(numbers), numbers};
    while (static_cast<std::int64_t>(powers.size()) < n) powers.push_back(powers.back() * numbers);
    return stack(powers, -1);
}

}  // namespace xgrad
