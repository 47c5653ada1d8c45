#pragma once

#include <string>
#include <vector>

#include <xgrad/autograd/gradcheck.h>

/// What gradient checks of functions and of modules share.
namespace xgrad::detail {

/// A function and what its derivatives are taken by.
struct GradcheckSubject {
    autograd::TensorFunction function;
    TensorList arguments;
    TensorList variables;  // arguments, or tensors that the function reads by itself
    std::vector<std::string> names;
    std::vector<std::string> output_names;  // "output 0" and so on where there is none
    TensorList constants;                   // what else it reads, as far as it is to follow a change of precision
};

/// `function` at copies of `inputs`; those that require grad are the variables. An empty name is none.
GradcheckSubject gradcheck_subject(autograd::TensorFunction function, const TensorList& inputs,
                                   const std::vector<std::string>& names);
/// The gradients of a subject's outputs, weighted by tensors that become variables too.
GradcheckSubject gradient_of(const GradcheckSubject& subject, std::uint64_t seed);

/// Compares derivatives of first order.
autograd::GradcheckResult run_gradcheck(const GradcheckSubject& subject, const autograd::GradcheckOptions& options);
/// Compares those of first order and, if asked for, of second; throws GradcheckError if it is to.
autograd::GradcheckResult check_orders(const GradcheckSubject& subject, const autograd::GradcheckOptions& options);

/// |analytic - numerical| / allowed: 0 if both are NaN, infinite if one is.
double error_ratio(double analytic, double numerical, double allowed);

/// Whether an output has derivatives.
inline bool is_checked(const Tensor& output) { return output.defined() && output.is_floating_point(); }

}  // namespace xgrad::detail
