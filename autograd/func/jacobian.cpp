#include <algorithm>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/func/internal.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::detail {

using func::ErasedFunction;
using func::JacobianMode;

namespace {

/// Most elements of the inputs and outputs of a vectorised evaluation, about: what lies between is not known.
constexpr std::int64_t kMostElements = std::int64_t{1} << 22;

/// `function` of one of its inputs, the others held.
ErasedFunction with_others_held(const ErasedFunction& function, const TensorList& inputs, std::size_t argnum) {
    return [&function, &inputs, argnum](const TensorList& one) {
        TensorList all = inputs;
        all[argnum] = one[0];
        return function(all);
    };
}

/// Rows `first` to `last` of the identity matrix of `x.numel()` rows, each of the shape of `x`.
Tensor basis(const Tensor& x, std::int64_t first, std::int64_t last) {
    Tensor rows = zeros({last - first, x.numel()}, x.dtype());
    rows.diagonal(first).fill_(1);
    Dims sizes = x.sizes();
    sizes.insert(0, last - first);
    return rows.view(sizes);
}

/// The images under `linear` of the basis vectors of the shape of `x`, as dimension `dim`. An image and what leads to
/// it have about `width` elements.
Tensor images_of_basis(const ErasedFunction& linear, const Tensor& x, std::int64_t width, std::int64_t dim) {
    const ErasedFunction all = vmap(linear, 0, dim, Randomness::kSame);
    const std::int64_t size = x.numel(), part = std::max<std::int64_t>(1, kMostElements / width);
    TensorList images;
    for (std::int64_t first = 0; first < size; first += part)
        images.push_back(all({basis(x, first, std::min(size, first + part))})[0]);
    return images.size() == 1 ? images[0] : cat(images, dim);
}

Dims joined(IntArrayRef a, IntArrayRef b) {
    Dims sizes = a;
    for (const std::int64_t size : b) sizes.push_back(size);
    return sizes;
}

Tensor forward_jacobian(const char* transform, const ErasedFunction& function, const Tensor& x) {
    const auto slope = [&](const TensorList& tangent) {
        auto [values, slopes] = jvp(transform, function, {x}, tangent);
        check_differentiable(transform, "output", 0, values[0]);
        return slopes;
    };
    if (x.dim() == 0) return slope({ones_like(x)})[0];
    if (x.numel() == 0) return zeros(joined(function({x})[0].sizes(), x.sizes()), x.dtype());
    const Tensor columns = images_of_basis(slope, x, 2 * x.numel(), -1);
    return columns.reshape(joined(columns.sizes().slice(0, columns.sizes().size() - 1), x.sizes()));
}

Tensor jacobian(const char* transform, const ErasedFunction& function, const TensorList& inputs, std::size_t argnum,
                JacobianMode mode) {
    const Tensor& x = inputs[argnum];
    check_differentiable(transform, "input", argnum, x);
    const ErasedFunction of_x = with_others_held(function, inputs, argnum);
    if (mode == JacobianMode::kForward) return forward_jacobian(transform, of_x, x);
    const auto [values, pullback] = vjp(transform, of_x, {x}, {0});
    const Tensor& y = values[0];
    check_differentiable(transform, "output", 0, y);
    if (mode == JacobianMode::kAutomatic && x.numel() < y.numel()) return forward_jacobian(transform, of_x, x);
    if (y.dim() == 0) return pullback({ones({}, y.dtype())})[0];
    const Dims sizes = joined(y.sizes(), x.sizes());
    if (y.numel() == 0) return zeros(sizes, x.dtype());
    return images_of_basis(pullback, y, x.numel() + y.numel(), 0).reshape(sizes);
}

func::Function jacobian(const char* transform, func::Function function, std::int64_t argnum, JacobianMode mode) {
    return func::Function::of_erased([=, function = std::move(function).erased()](const TensorList& inputs) {
        return TensorList{jacobian(transform, function, inputs, wrap_argnum(transform, argnum, inputs.size()), mode)};
    });
}

}  // namespace

}  // namespace xgrad::detail

namespace xgrad::func {

Function jacobian(Function function, std::int64_t argnum, JacobianMode mode) {
    return detail::jacobian("jacobian", std::move(function), argnum, mode);
}

Function jacfwd(Function function, std::int64_t argnum) {
    return detail::jacobian("jacfwd", std::move(function), argnum, JacobianMode::kForward);
}

Function jacrev(Function function, std::int64_t argnum) {
    return detail::jacobian("jacrev", std::move(function), argnum, JacobianMode::kReverse);
}

Function hessian(Function function, std::int64_t argnum) {
    return detail::jacobian("hessian", detail::jacobian("hessian", std::move(function), argnum, JacobianMode::kReverse),
                            argnum, JacobianMode::kForward);
}

}  // namespace xgrad::func
