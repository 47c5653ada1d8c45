#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/autograd/ops/shape/convert.h>
#include <xgrad/autograd/transform.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace xgrad {

namespace {

Tensor allocate(IntArrayRef size, ScalarType dtype, const char* operation) {
    const std::int64_t numel = detail::checked_numel(size, operation);
    const auto bytes = static_cast<std::size_t>(numel * element_size(dtype));
    return Tensor(detail::IntrusivePtr<detail::TensorImpl>::adopt(
        new detail::TensorImpl(detail::Storage::allocate(bytes), size, numel, dtype)));
}

Tensor finish(Tensor tensor, const TensorOptions& options) {
    if (options.requires_grad()) tensor.requires_grad_();
    return tensor;
}

TensorOptions like(const Tensor& self, const TensorOptions& options) {
    return options.has_dtype() ? options : options.dtype(self.dtype());
}

Tensor filled(const char* operation, IntArrayRef size, const Scalar& value, const TensorOptions& options) {
    const Tensor out = allocate(size, options.dtype(), operation);
    if (value.is_floating_point()) {
        const double v = value.to_double();
        ops::convert_run(kFloat64, &v, 0, out.dtype(), out.data_ptr(), 1, out.numel());
    } else {
        const std::int64_t v = value.to_long();
        ops::convert_run(kInt64, &v, 0, out.dtype(), out.data_ptr(), 1, out.numel());
    }
    return finish(out, options);
}

/// make(sizes, options) for a tensor like `self`. Inside jvp or vmap it is made for the value that `self` wraps, and
/// wrapped in the same way, without a tangent.
template <class Make>
Tensor make_like(const Tensor& self, const TensorOptions& options, const Make& make) {
    const IntArrayRef sizes = self.sizes();
    const auto* t = self.unsafeGetTensorImpl()->transform.get();
    if (!t) return make(sizes, like(self, options));
    Tensor value = make_like(t->value, options.requires_grad(false), make);
    return finish(detail::wrap({t->kind, t->level, std::move(value), {}, t->batch_dim, t->randomness}), options);
}
Tensor filled_like(const char* operation, const Tensor& self, const Scalar& value, const TensorOptions& options) {
    return make_like(self, options,
                     [&](IntArrayRef sizes, const TensorOptions& own) { return filled(operation, sizes, value, own); });
}

/// Makes element i of `out` `value(i)`, a double or an int64, converted.
template <class F>
void generate(const Tensor& out, F value) {
    using From = decltype(value(std::int64_t{}));
    From block[256];
    auto* target = static_cast<std::byte*>(out.data_ptr());
    for (std::int64_t begin = 0, n; begin < out.numel(); begin += n) {
        n = std::min<std::int64_t>(std::size(block), out.numel() - begin);
        for (std::int64_t i = 0; i < n; ++i) block[i] = value(begin + i);
        ops::convert_run(scalar_type_v<From>, block, 1, out.dtype(), target + begin * out.element_size(), 1, n);
    }
}

/// The numbers i = 0 ... steps - 1 of a sequence from a to b.
auto even_steps(double a, double b, std::int64_t steps) {
    const double step = steps > 1 ? (b - a) / static_cast<double>(steps - 1) : 0;
    // From both ends towards the middle, so that the last element is exactly b.
    return [=](std::int64_t i) {
        return i < (steps + 1) / 2 ? a + step * static_cast<double>(i) : b - step * static_cast<double>(steps - 1 - i);
    };
}

Tensor borrow(void* data, IntArrayRef sizes, IntArrayRef strides, detail::Storage::Deleter deleter,
              const TensorOptions& options) {
    const std::int64_t extent = detail::checked_extent(sizes, strides, "from_blob");
    const auto bytes = static_cast<std::size_t>(extent * element_size(options.dtype()));
    return finish(Tensor(detail::IntrusivePtr<detail::TensorImpl>::adopt(new detail::TensorImpl(
                      detail::Storage::borrow(data, bytes, std::move(deleter)), 0, sizes, strides, options.dtype()))),
                  options);
}

detail::Dims row_major_strides(IntArrayRef sizes) {
    detail::checked_numel(sizes, "from_blob");
    return detail::contiguous_strides(sizes);
}

}  // namespace

Tensor empty(IntArrayRef size, const TensorOptions& options) {
    return finish(allocate(size, options.dtype(), "empty"), options);
}
Tensor empty_like(const Tensor& self, const TensorOptions& options) {
    return make_like(self, options, [](IntArrayRef sizes, const TensorOptions& own) { return empty(sizes, own); });
}

Tensor empty_strided(IntArrayRef size, IntArrayRef stride, const TensorOptions& options) {
    const std::int64_t extent = detail::checked_extent(size, stride, "empty_strided");
    const auto bytes = static_cast<std::size_t>(extent * element_size(options.dtype()));
    return finish(Tensor(detail::IntrusivePtr<detail::TensorImpl>::adopt(
                      new detail::TensorImpl(detail::Storage::allocate(bytes), 0, size, stride, options.dtype()))),
                  options);
}

Tensor full(IntArrayRef size, const Scalar& value, const TensorOptions& options) {
    const ScalarType kind = value.is_floating_point() ? get_default_dtype() : value.type();
    return filled("full", size, value, options.dtype(options.dtype_opt().value_or(kind)));
}
Tensor full_like(const Tensor& self, const Scalar& value, const TensorOptions& options) {
    return filled_like("full_like", self, value, options);
}
Tensor zeros(IntArrayRef size, const TensorOptions& options) { return filled("zeros", size, 0, options); }
Tensor zeros_like(const Tensor& self, const TensorOptions& options) {
    return filled_like("zeros_like", self, 0, options);
}
Tensor ones(IntArrayRef size, const TensorOptions& options) { return filled("ones", size, 1, options); }
Tensor ones_like(const Tensor& self, const TensorOptions& options) {
    return filled_like("ones_like", self, 1, options);
}
Tensor scalar_tensor(const Scalar& value, const TensorOptions& options) {
    return filled("scalar_tensor", {}, value, options);
}

Tensor Tensor::new_empty(IntArrayRef size, const TensorOptions& options) const {
    return empty(size, like(*this, options));
}
Tensor Tensor::new_empty_strided(IntArrayRef size, IntArrayRef stride, const TensorOptions& options) const {
    return empty_strided(size, stride, like(*this, options));
}
Tensor Tensor::new_full(IntArrayRef size, const Scalar& fill_value, const TensorOptions& options) const {
    return full(size, fill_value, like(*this, options));
}
Tensor Tensor::new_zeros(IntArrayRef size, const TensorOptions& options) const {
    return zeros(size, like(*this, options));
}
Tensor Tensor::new_ones(IntArrayRef size, const TensorOptions& options) const {
    return ones(size, like(*this, options));
}

Tensor eye(std::int64_t n, const TensorOptions& options) { return eye(n, n, options); }
Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options) {
    Tensor out = filled("eye", {n, m}, 0, options);
    const std::int64_t one = 1;
    ops::convert_run(kInt64, &one, 0, out.dtype(), out.data_ptr(), m + 1, std::min(n, m));
    return out;
}

Tensor arange(const Scalar& end, const TensorOptions& options) { return arange(0, end, 1, options); }
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options) {
    return arange(start, end, 1, options);
}
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options) {
    const bool integers = !start.is_floating_point() && !end.is_floating_point() && !step.is_floating_point();
    const ScalarType dtype = options.dtype_opt().value_or(integers ? kInt64 : get_default_dtype());
    const double width = (end.to_double() - start.to_double()) / step.to_double();
    if (step.to_double() == 0) raise<ValueError>("arange", "step must be nonzero");
    if (!(width >= 0) || !std::isfinite(width))
        raise<ValueError>("arange", "upper bound and larger bound inconsistent with step sign: start ",
                          start.to_double(), ", end ", end.to_double(), ", step ", step.to_double());
    if (width > 1e15) raise<ValueError>("arange", "too many elements: ", width);
    Tensor out = allocate({static_cast<std::int64_t>(std::ceil(width))}, dtype, "arange");
    if (integers)
        generate(out, [&](std::int64_t i) { return start.to_long() + i * step.to_long(); });
    else
        generate(out, [&](std::int64_t i) { return start.to_double() + static_cast<double>(i) * step.to_double(); });
    return finish(std::move(out), options);
}

Tensor linspace(const Scalar& start, const Scalar& end, std::int64_t steps, const TensorOptions& options) {
    if (steps < 0) raise<ValueError>("linspace", "number of steps must be non-negative, got ", steps);
    Tensor out = allocate({steps}, options.dtype(), "linspace");
    generate(out, even_steps(start.to_double(), end.to_double(), steps));
    return finish(std::move(out), options);
}

Tensor logspace(const Scalar& start, const Scalar& end, std::int64_t steps, double base, const TensorOptions& options) {
    if (steps < 0) raise<ValueError>("logspace", "number of steps must be non-negative, got ", steps);
    Tensor out = allocate({steps}, options.dtype(), "logspace");
    generate(out, [=, exponent = even_steps(start.to_double(), end.to_double(), steps)](std::int64_t i) {
        return std::pow(base, exponent(i));
    });
    return finish(std::move(out), options);
}

Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options) {
    return borrow(data, sizes, strides, nullptr, options);
}
Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options) {
    return borrow(data, sizes, row_major_strides(sizes), nullptr, options);
}
Tensor from_blob(void* data, IntArrayRef sizes, const std::function<void(void*)>& deleter,
                 const TensorOptions& options) {
    return borrow(data, sizes, row_major_strides(sizes), deleter, options);
}

namespace detail {

TensorData::TensorData(std::initializer_list<TensorData> list) : kind_(kFloat64) {
    sizes_.push_back(static_cast<std::int64_t>(list.size()));
    if (list.size() == 0) return;
    const TensorData& first = *list.begin();
    sizes_.insert(sizes_.end(), first.sizes_.begin(), first.sizes_.end());
    kind_ = first.kind_;
    for (const TensorData& part : list) {
        if (part.sizes_ != first.sizes_)
            raise<ShapeError>("tensor", "Expected all sub-lists to have sizes: ", IntArrayRef(first.sizes_),
                              ", but got sub-list with sizes: ", IntArrayRef(part.sizes_));
        kind_ = promote_types(kind_, part.kind_);
        numbers_.insert(numbers_.end(), part.numbers_.begin(), part.numbers_.end());
    }
}

Tensor TensorData::make(const TensorOptions& options) const {
    const ScalarType deduced = kind_ == kFloat64 ? get_default_dtype() : kind_;
    Tensor out = allocate(sizes_, options.dtype_opt().value_or(deduced), "tensor");
    const auto number = [&](std::int64_t i) { return numbers_[static_cast<std::size_t>(i)]; };
    if (kind_ == kFloat64)
        generate(out, [&](std::int64_t i) { return number(i).to_double(); });
    else
        generate(out, [&](std::int64_t i) { return number(i).to_long(); });
    return finish(std::move(out), options);
}

}  // namespace detail

Tensor tensor(const detail::TensorData& data, const TensorOptions& options) { return data.make(options); }
Tensor tensor(std::initializer_list<detail::TensorData> data, const TensorOptions& options) {
    return detail::TensorData(data).make(options);
}

}  // namespace xgrad
