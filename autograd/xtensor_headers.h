#pragma once

#include <cstddef>

// The one place that knows where xtensor keeps its headers: 0.26 sorted them into folders.
#if __has_include(<xtensor/core/xexpression_traits.hpp>)
#include <xtensor/core/xexpression_traits.hpp>
#include <xtensor/core/xtensor_forward.hpp>
#else
#include <xtensor/xexpression_traits.hpp>
#include <xtensor/xtensor_forward.hpp>
#endif

namespace xt::detail {

/// The container for results of dynamic shape. xtensor 0.24 says so for C++17 alone; in C++20 g++ takes the shape's
/// inline capacity for its rank, and `xt::sum(x, {1}, xt::evaluation_strategy::immediate)` writes through wild sizes.
template <>
struct xtype_for_shape<xt::dynamic_shape<std::size_t>> {
    template <class T, layout_type L>
    using type = xarray<T, L>;
};

}  // namespace xt::detail

#if __has_include(<xtensor/containers/xadapt.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/core/xmath.hpp>
#include <xtensor/core/xnoalias.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xview.hpp>
#endif
