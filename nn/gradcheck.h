#pragma once

#include <xgrad/autograd/gradcheck.h>
#include <xgrad/nn/any_module.h>

namespace xgrad::autograd {

/// Compares the derivatives of a module's forward at `inputs`, with respect to its parameters and to the inputs that
/// require grad, with central differences; with `options.second_order` those of its gradients too. Forward takes
/// tensors and returns a tensor, a list or a pair of them, the same values each time: call eval() if there is dropout.
/// Messages call a parameter by its name.
///
/// Parameters are changed by the difference and restored, buffers restored as well. A float32 module becomes float64
/// for the time of a difference: graphs recorded before are not those of its parameters any more. Forward mode is
/// compared with respect to inputs only. Throws as gradcheck does.
GradcheckResult check_module(nn::AnyModule module, const TensorList& inputs, const GradcheckOptions& options = {});

template <class M>
GradcheckResult check_module(const nn::ModuleHolder<M>& module, const TensorList& inputs,
                             const GradcheckOptions& options = {}) {
    return check_module(nn::AnyModule(module), inputs, options);
}

}  // namespace xgrad::autograd
