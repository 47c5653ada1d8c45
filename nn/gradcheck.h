#pragma once

#include <xgrad/autograd/gradcheck.h>
#include <xgrad/nn/any_module.h>

namespace xgrad::autograd {

/// Compares the derivatives of a module's forward at `inputs`, with respect to its parameters and to the inputs that
/// require grad, with central differences. Both must be float64; forward takes and returns tensors, and must give the
/// same values each time. Parameters are changed by the difference and restored. Throws as gradcheck of a function
/// does; the message calls a parameter by its name.
bool gradcheck(nn::AnyModule module, const TensorList& inputs, const GradcheckOptions& options = {});

/// The same for the derivatives of the gradients, after those of first order.
bool gradgradcheck(nn::AnyModule module, const TensorList& inputs,
                   const GradcheckOptions& options = gradgradcheck_defaults());

template <class M>
bool gradcheck(const nn::ModuleHolder<M>& module, const TensorList& inputs, const GradcheckOptions& options = {}) {
    return gradcheck(nn::AnyModule(module), inputs, options);
}
template <class M>
bool gradgradcheck(const nn::ModuleHolder<M>& module, const TensorList& inputs,
                   const GradcheckOptions& options = gradgradcheck_defaults()) {
    return gradgradcheck(nn::AnyModule(module), inputs, options);
}

}  // namespace xgrad::autograd
