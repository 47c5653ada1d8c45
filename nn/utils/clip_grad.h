#pragma once

#include <initializer_list>
#include <vector>

#include <xgrad/autograd/tensor.h>

/// Gradients that are too large. Parameters without a gradient are skipped; gradients are changed in place, outside the
/// graph.
namespace xgrad::nn::utils {

/// Scales the gradients so that their norm of order `norm_type` (which may be infinite), as one vector, is at most
/// `max_norm`: by max_norm / (norm + 1e-6) if that is below 1. Returns the norm before; 0 without gradients. A norm
/// that is infinite or NaN throws ValueError if `error_if_nonfinite`, and changes nothing then.
double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type = 2,
                       bool error_if_nonfinite = false);
double clip_grad_norm_(std::initializer_list<Tensor> parameters, double max_norm, double norm_type = 2,
                       bool error_if_nonfinite = false);
double clip_grad_norm_(const Tensor& parameter, double max_norm, double norm_type = 2, bool error_if_nonfinite = false);

/// Limits every element of the gradients to [-clip_value, clip_value].
void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value);
void clip_grad_value_(std::initializer_list<Tensor> parameters, double clip_value);
void clip_grad_value_(const Tensor& parameter, double clip_value);

}  // namespace xgrad::nn::utils
