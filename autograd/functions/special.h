#pragma once

#include <optional>

#include <xgrad/autograd/elementwise.h>
#include <xgrad/autograd/functions/reduction.h>

/// Special functions by the names of SciPy: special_erf(x) and special::erf(x), most of them other names.
namespace xgrad {

/// The distribution function of the standard normal distribution.
inline Tensor special_ndtr(const Tensor& self) { return erfc(self * -0.7071067811865476) * 0.5; }

namespace special {
inline Tensor ndtr(const Tensor& self) { return special_ndtr(self); }
}  // namespace special

#define XGRAD_SPECIAL(name, function)                                                  \
    inline Tensor special_##name(const Tensor& self) { return xgrad::function(self); } \
    namespace special {                                                                \
    inline Tensor name(const Tensor& self) { return xgrad::function(self); }           \
    }
XGRAD_SPECIAL(digamma, digamma)
XGRAD_SPECIAL(erf, erf)
XGRAD_SPECIAL(erfc, erfc)
XGRAD_SPECIAL(erfinv, erfinv)
XGRAD_SPECIAL(exp2, exp2)
XGRAD_SPECIAL(expit, sigmoid)
XGRAD_SPECIAL(expm1, expm1)
XGRAD_SPECIAL(gammaln, lgamma)
XGRAD_SPECIAL(log1p, log1p)
XGRAD_SPECIAL(psi, digamma)
XGRAD_SPECIAL(sinc, sinc)
#undef XGRAD_SPECIAL

/// Functions with other arguments: `parameters` and `arguments` in parentheses.
#define XGRAD_SPECIAL(name, parameters, arguments)                            \
    inline Tensor special_##name parameters { return xgrad::name arguments; } \
    namespace special {                                                       \
    inline Tensor name parameters { return xgrad::name arguments; }           \
    }
XGRAD_SPECIAL(log_softmax, (const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt),
              (self, dim, dtype))
XGRAD_SPECIAL(logit, (const Tensor& self, std::optional<double> eps = std::nullopt), (self, eps))
XGRAD_SPECIAL(logsumexp, (const Tensor& self, IntArrayRef dim, bool keepdim = false), (self, dim, keepdim))
XGRAD_SPECIAL(polygamma, (std::int64_t n, const Tensor& self), (n, self))
XGRAD_SPECIAL(round, (const Tensor& self, std::int64_t decimals = 0), (self, decimals))
XGRAD_SPECIAL(softmax, (const Tensor& self, std::int64_t dim, std::optional<ScalarType> dtype = std::nullopt),
              (self, dim, dtype))
XGRAD_SPECIAL(xlogy, (const Tensor& self, const Tensor& other), (self, other))
XGRAD_SPECIAL(xlogy, (const Tensor& self, const Scalar& other), (self, other))
XGRAD_SPECIAL(xlogy, (const Scalar& self, const Tensor& other), (self, other))
#undef XGRAD_SPECIAL

}  // namespace xgrad
