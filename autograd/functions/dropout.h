#pragma once

#include <optional>
#include <tuple>

#include <xgrad/autograd/tensor.h>

/// Dropout: when training, numbers are dropped with probability p, drawn as PyTorch draws them; else the input is
/// returned as it is. A trailing underscore means in place. Throws ValueError unless p is in [0, 1].
namespace xgrad {

/// Zeros in place of what is dropped, the rest divided by 1 - p (Srivastava et al., 2014).
Tensor dropout(const Tensor& input, double p, bool train);
Tensor& dropout_(Tensor& self, double p, bool train);
/// The same with the mask of what was kept (bool).
std::tuple<Tensor, Tensor> native_dropout(const Tensor& input, double p, std::optional<bool> train);
/// As dropout, of whole channels of an input (N, C, ...) (Tompson et al., 2015).
Tensor feature_dropout(const Tensor& input, double p, bool train);
Tensor& feature_dropout_(Tensor& self, double p, bool train);
/// What is dropped becomes selu's lower limit, then all is scaled and shifted so that mean 0 and variance 1 stay
/// (Klambauer et al., Self-Normalizing Neural Networks, 2017).
Tensor alpha_dropout(const Tensor& input, double p, bool train);
Tensor& alpha_dropout_(Tensor& self, double p, bool train);
/// As alpha_dropout, of whole channels.
Tensor feature_alpha_dropout(const Tensor& input, double p, bool train);
Tensor& feature_alpha_dropout_(Tensor& self, double p, bool train);

}  // namespace xgrad
