#pragma once

#include <concepts>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/function.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/xtensor_headers.h>

/// The bridge to xtensor. The only header of the library that includes it; nothing else needs xtensor installed.
namespace xgrad {

namespace detail {

/// Keeps a tensor alive inside an adaptor. The call operator is what xtensor knows owners by; nobody calls it.
struct MemoryShare {
    Tensor tensor;
    void operator()(const void*) const {}
};

/// The dtype that holds numbers of a C++ type: that of the same size and kind, int64 for integers without one.
template <class T>
constexpr ScalarType dtype_for() {
    static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8, "xgrad has no dtype for this type");
    if constexpr (std::is_same_v<T, bool>) return kBool;
    if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 4 ? kFloat32 : kFloat64;
    if constexpr (sizeof(T) == 1 && std::is_unsigned_v<T>) return kUInt8;
    return sizeof(T) == 4 && std::is_signed_v<T> ? kInt32 : kInt64;
}

}  // namespace detail

/// A tensor's memory as an xtensor container, strides and all. It keeps the memory alive.
template <class T, xt::layout_type L = xt::layout_type::dynamic>
using XArrayView = xt::xarray_adaptor<xt::xbuffer_adaptor<T*, xt::smart_ownership, detail::MemoryShare>, L>;

namespace detail {

/// With another layout than the dynamic one the tensor must be contiguous.
template <class T, xt::layout_type L>
XArrayView<T, L> view_memory(const Tensor& tensor) {
    using View = XArrayView<T, L>;
    using Value = std::remove_const_t<T>;
    if (tensor.dtype() != scalar_type_v<Value>)
        raise<DtypeError>("as_xarray", "expected scalar type ", scalar_type_v<Value>, " but found ", tensor.dtype());
    const auto sizes = tensor.sizes();
    typename View::shape_type shape(sizes.size());
    for (std::size_t d = 0; d < sizes.size(); ++d) shape[d] = static_cast<typename View::size_type>(sizes[d]);
    T* const data = tensor.data_ptr<Value>();
    typename View::storage_type memory(data, static_cast<std::size_t>(tensor.numel()), MemoryShare{tensor});
    if (tensor.is_contiguous()) return View(std::move(memory), shape, xt::layout_type::row_major);
    typename View::strides_type strides(sizes.size());
    for (std::size_t d = 0; d < sizes.size(); ++d)
        strides[d] = sizes[d] == 1 ? 0 : static_cast<std::ptrdiff_t>(tensor.strides()[d]);  // as xtensor has it
    return View(std::move(memory), shape, strides);
}

}  // namespace detail

/// The elements of `tensor`, shared, not copied, as an xtensor container to read and write. With a const T it is
/// read-only. Writing is not seen by the graph. Throws DtypeError when T is not the dtype.
template <class T>
XArrayView<T> as_xarray(const Tensor& tensor) {
    return detail::view_memory<T, xt::layout_type::dynamic>(tensor);
}

/// A new tensor of the values of an xtensor expression or container. The dtype is that of its elements (int64 for
/// integers that have none of their own).
template <class E>
Tensor from_xarray(const xt::xexpression<E>& expression) {
    const E& source = expression.derived_cast();
    constexpr ScalarType dtype = detail::dtype_for<std::decay_t<typename E::value_type>>();
    detail::Dims sizes;
    for (const auto s : source.shape()) sizes.push_back(static_cast<std::int64_t>(s));
    Tensor out = empty(sizes, dtype);
    visit_dtype(dtype, [&](auto element) {
        using T = decltype(element);
        if constexpr (scalar_type_v<T> == dtype) {
            auto target = xt::adapt(out.data_ptr<T>(), static_cast<std::size_t>(out.numel()), xt::no_ownership(),
                                    std::vector<std::size_t>(sizes.begin(), sizes.end()));
            xt::noalias(target) = source;
        }
    });
    return out;
}

namespace detail {

/// The functions of an operation written on arrays.
template <class T, class Forward, class Backward>
struct XtensorFunctions {
    Forward forward;
    Backward backward;

    /// What the functions get: row-major, since xtensor reduces nothing else at once and is slow on strides.
    static XArrayView<const T, xt::layout_type::row_major> view(const Tensor& x) {
        return view_memory<const T, xt::layout_type::row_major>(x.contiguous());
    }

    template <std::size_t... I>
    Tensor run_forward(const TensorList& x, std::index_sequence<I...>) const {
        const std::tuple views{view(x[I])...};
        return from_xarray(forward(std::get<I>(views)...));
    }

    /// `x` holds the gradient, the inputs and the output.
    template <std::size_t... I>
    TensorList run_backward(const TensorList& x, std::index_sequence<I...>) const {
        const std::tuple views{view(x[I])...};
        const auto results = backward(std::get<I>(views)...);
        if constexpr (requires { std::tuple_size<std::decay_t<decltype(results)>>::value; }) {
            static_assert(std::tuple_size_v<std::decay_t<decltype(results)>> == sizeof...(I) - 2,
                          "backward must return one array for each input");
            return std::apply([](const auto&... r) { return TensorList{from_xarray(r)...}; }, results);
        } else {
            static_assert(sizeof...(I) == 3, "backward must return a tuple of one array for each input");
            return {from_xarray(results)};
        }
    }
};

/// The backward of XtensorOp. It is an operation too, so that its derivative, which nobody has, can be refused.
template <class Functions, std::size_t N>
struct XtensorOpBackward : autograd::Function<XtensorOpBackward<Functions, N>> {
    static TensorList forward(autograd::AutogradContext*, const Functions& functions, const TensorList& x) {
        return functions.run_backward(x, std::make_index_sequence<N + 2>());
    }
    static TensorList backward(autograd::AutogradContext*, TensorList) {
        raise<GraphError>("XtensorOp",
                          "is differentiable once only: its backward is written on arrays, which no graph "
                          "records");
    }
};

template <class Functions, std::size_t N>
struct XtensorOp : autograd::Function<XtensorOp<Functions, N>> {
    static Tensor forward(autograd::AutogradContext* ctx, const std::shared_ptr<const Functions>& functions,
                          const TensorList& inputs) {
        const Tensor output = functions->run_forward(inputs, std::make_index_sequence<N>());
        TensorList kept = inputs;
        kept.push_back(output);
        ctx->save_for_backward(std::move(kept));
        ctx->saved_data["functions"] = std::shared_ptr<const void>(functions);
        return output;
    }
    static TensorList backward(autograd::AutogradContext* ctx, TensorList grads) {
        for (Tensor& x : ctx->get_saved_variables()) grads.push_back(std::move(x));
        const auto* functions = static_cast<const Functions*>(ctx->saved_data["functions"].toCapsule().get());
        TensorList results = XtensorOpBackward<Functions, N>::apply(*functions, grads);
        results.insert(results.begin(), Tensor());  // for the functions, the first argument of forward
        return results;
    }
};

}  // namespace detail

/// An operation on tensors of dtype T (float or double) whose value and derivative are written on xtensor arrays:
///
///     auto op = make_xtensor_op<double>(
///         [](const auto& x, const auto& w) { return xt::sin(x) * w; },
///         [](const auto& grad, const auto& x, const auto& w, const auto& y) {
///             return std::make_tuple(grad * xt::cos(x) * w, grad * xt::sin(x));
///         });
///     Tensor y = op(x, w);
///
/// `forward` gets a read-only row-major container for each input and returns an expression of them or an array; an
/// expression of local variables would dangle. `backward` gets the gradient of the output, the inputs and the output,
/// and returns a tuple with the gradient of each input (without the tuple where there is one input), of the input's
/// shape or one that broadcasting made of it. To differentiate the gradient again is an error.
template <class T, class Forward, class Backward>
auto make_xtensor_op(Forward forward, Backward backward) {
    static_assert(std::is_floating_point_v<T>, "derivatives need a floating-point dtype");
    using Functions = detail::XtensorFunctions<T, Forward, Backward>;
    auto functions = std::make_shared<const Functions>(Functions{std::move(forward), std::move(backward)});
    return [functions](const std::same_as<Tensor> auto&... inputs) {
        return detail::XtensorOp<Functions, sizeof...(inputs)>::apply(functions, TensorList{inputs...});
    };
}

}  // namespace xgrad
