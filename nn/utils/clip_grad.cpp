#include <xgrad/nn/utils/clip_grad.h>

#include <algorithm>
#include <cmath>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>

namespace xgrad::nn::utils {

namespace {

/// The gradients that there are.
TensorList gradients_of(const std::vector<Tensor>& parameters) {
    TensorList out;
    for (const Tensor& p : parameters)
        if (p.grad().defined()) out.push_back(p.grad().detach());
    return out;
}

double norm_of(const TensorList& gradients, double p) {
    if (p == 0) return static_cast<double>(gradients.size());  // as PyTorch
    std::vector<double> norms;
    for (const Tensor& g : gradients)
        if (g.numel() > 0) norms.push_back(g.norm(p).item().to_double());
    return norms.empty() ? 0 : tensor(norms, kFloat64).norm(p).item<double>();
}

}  // namespace

double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
    const NoGradGuard no_grad;
    TensorList gradients = gradients_of(parameters);
    if (gradients.empty()) return 0;
    const double norm = norm_of(gradients, norm_type);
    if (error_if_nonfinite && !std::isfinite(norm))
        raise<ValueError>("clip_grad_norm_", "The total norm of order ", norm_type,
                          " for gradients from `parameters` is non-finite, so it cannot be clipped: it is ", norm,
                          ". To scale the gradients anyway, set `error_if_nonfinite=false`");
    const double factor = max_norm / (norm + 1e-6);
    if (!(factor >= 1))  // NaN too
        for (Tensor& g : gradients) g.mul_(factor);
    return norm;
}
double clip_grad_norm_(std::initializer_list<Tensor> parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
    return clip_grad_norm_(std::vector<Tensor>(parameters), max_norm, norm_type, error_if_nonfinite);
}
double clip_grad_norm_(const Tensor& parameter, double max_norm, double norm_type, bool error_if_nonfinite) {
    return clip_grad_norm_(std::vector<Tensor>{parameter}, max_norm, norm_type, error_if_nonfinite);
}

void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value) {
    const NoGradGuard no_grad;
    for (Tensor& g : gradients_of(parameters)) g.clamp_(-clip_value, clip_value);
}
void clip_grad_value_(std::initializer_list<Tensor> parameters, double clip_value) {
    clip_grad_value_(std::vector<Tensor>(parameters), clip_value);
}
void clip_grad_value_(const Tensor& parameter, double clip_value) {
    clip_grad_value_(std::vector<Tensor>{parameter}, clip_value);
}

}  // namespace xgrad::nn::utils
