#pragma once

#include <functional>
#include <string>
#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/tensor.h>

namespace xgrad::autograd {

/// How gradcheck compares.
struct GradcheckOptions {
    double eps = 1e-6;   // step of the central difference
    double rtol = 1e-6;  // allowed: |analytic - numerical| <= atol + rtol * |numerical|
    double atol = 1e-8;
    /// Jacobians with more elements than this are checked along random directions instead of entry by entry.
    std::int64_t full_jacobian_limit = 200 * 200;
    int directions = 3;  // how many of them, for each input
    std::uint64_t seed = 0;
    bool raise_exception = true;  // throw GradcheckError; otherwise return false
    /// Multiplies the analytic derivative. With 1 + 1e-4 a check must fail: that is how to see that it can.
    double analytic_scale = 1;
};

/// Looser than those of first order, since the difference is taken of a computed derivative.
inline GradcheckOptions gradgradcheck_defaults() {
    GradcheckOptions options;
    options.rtol = 1e-5;
    options.atol = 1e-7;
    return options;
}

/// A derivative that does not agree with the difference. The message names output, input, elements and both numbers.
class GradcheckError : public Error {
  public:
    using Error::Error;
};

using TensorFunction = std::function<TensorList(const TensorList&)>;

/// Compares the derivatives of `function` at `inputs` that backward computes with central differences, in float64. The
/// inputs that require grad are checked and must be float64; the others are constants. Results of integer dtype are
/// passed over. Throws GradcheckError at the first entry that differs by more than the tolerances, DtypeError for
/// inputs of another precision, GraphError when no input requires grad, ValueError or ShapeError when the number or the
/// shapes of the results change from call to call.
bool gradcheck(const TensorFunction& function, const TensorList& inputs, const GradcheckOptions& options = {});
bool gradcheck(const std::function<Tensor(const TensorList&)>& function, const TensorList& inputs,
               const GradcheckOptions& options = {});

/// The same for the derivatives of the gradient (computed with create_graph), with respect to the inputs and to the
/// gradient of the outputs. Checks the first-order ones on the way.
bool gradgradcheck(const TensorFunction& function, const TensorList& inputs,
                   const GradcheckOptions& options = gradgradcheck_defaults());
bool gradgradcheck(const std::function<Tensor(const TensorList&)>& function, const TensorList& inputs,
                   const GradcheckOptions& options = gradgradcheck_defaults());

/// Checks the outputs of `evaluate` against tensors that it reads without being given them, such as the parameters of a
/// network. They are changed by the difference and restored, also when `evaluate` throws. `names`, one for each, appear
/// in messages. Throws ValueError for a variable that shows an element of its memory more than once (an expanded one).
bool gradcheck_variables(const std::function<TensorList()>& evaluate, const TensorList& variables,
                         const std::vector<std::string>& names, const GradcheckOptions& options = {});

}  // namespace xgrad::autograd
