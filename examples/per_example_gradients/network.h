#pragma once

#include <xgrad.h>

/// Gradients of single examples.
namespace examples::per_example {

/// The assignments' network, 784-64-10 with the improved sigmoid.
struct NetImpl : xgrad::nn::Module {
    NetImpl();
    xgrad::Tensor hidden(const xgrad::Tensor& x);
    xgrad::Tensor forward(const xgrad::Tensor& x) { return fc2(hidden(x)); }

    xgrad::nn::Linear fc1{nullptr}, fc2{nullptr};
};
XGRAD_MODULE(Net);

/// For each parameter the gradients (N, its shape) of the losses of N examples, in one vectorised evaluation.
xgrad::TensorList gradients(Net& net, const xgrad::Tensor& images, const xgrad::Tensor& labels);

/// What the gradients of single examples say.
struct Spread {
    xgrad::Tensor lengths;  // (N), of each example's gradient, all parameters together
    double signal = 0;      // squared length of the gradient over all possible examples, an unbiased estimate
    double noise = 0;       // trace of the covariance of single gradients

    /// The batch beyond which larger ones help little: the "simple noise scale", equation 2.9 of S. McCandlish et al.,
    /// An empirical model of large-batch training, 2018. Negative where there is more noise than signal to be seen.
    double noise_scale() const { return noise / signal; }
};

Spread spread(const xgrad::TensorList& gradients);

/// How far the mean of the gradients is from those of one ordinary backward, relative to the largest element.
double difference_to_backward(Net& net, const xgrad::TensorList& gradients, const xgrad::Tensor& images,
                              const xgrad::Tensor& labels);

/// How far the lengths of the gradients of the last weight are from their closed form, relative to the largest: such a
/// gradient is the product of the errors softmax(logits) - one_hot(label) and the layer's inputs.
double difference_to_closed_form(Net& net, const xgrad::TensorList& gradients, const xgrad::Tensor& images,
                                 const xgrad::Tensor& labels);

}  // namespace examples::per_example
