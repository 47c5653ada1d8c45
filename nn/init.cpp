#include <xgrad/nn/init.h>

#include <cmath>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>

namespace xgrad::nn::init {

namespace {

struct Fans {
    std::int64_t in, out;
};

Fans fans(const char* operation, const Tensor& tensor) {
    if (tensor.dim() < 2)
        raise<ShapeError>(operation,
                          "fan in and fan out can not be computed for a tensor with fewer than 2 dimensions, got "
                          "shape ",
                          detail::shape_string(tensor.sizes()));
    std::int64_t kernel = 1;
    for (std::size_t d = 2; d < tensor.sizes().size(); ++d) kernel *= tensor.sizes()[d];
    return {tensor.size(1) * kernel, tensor.size(0) * kernel};
}

/// Standard deviation `scale / sqrt(fan)`; the fan of a tensor without elements may be 0.
double scaled(double scale, double fan) { return fan == 0 ? 0 : scale / std::sqrt(fan); }

double xavier_std(const char* operation, const Tensor& tensor, double gain) {
    const Fans f = fans(operation, tensor);
    return scaled(gain * std::sqrt(2.0), static_cast<double>(f.in + f.out));
}

double kaiming_std(const char* operation, const Tensor& tensor, double a, FanMode mode, Nonlinearity nonlinearity) {
    const Fans f = fans(operation, tensor);
    return scaled(calculate_gain(nonlinearity, a), static_cast<double>(mode == FanMode::FanIn ? f.in : f.out));
}

/// A uniform distribution of this standard deviation has these bounds.
Tensor uniform_of_std(Tensor tensor, double std) {
    const double bound = std::sqrt(3.0) * std;
    return uniform_(std::move(tensor), -bound, bound);
}

}  // namespace

std::tuple<std::int64_t, std::int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor) {
    const Fans f = fans("_calculate_fan_in_and_fan_out", tensor);
    return {f.in, f.out};
}

double calculate_gain(NonlinearityType nonlinearity, double param) {
    switch (nonlinearity) {
        case Nonlinearity::Tanh:
            return 5.0 / 3.0;
        case Nonlinearity::ReLU:
            return std::sqrt(2.0);
        case Nonlinearity::LeakyReLU:
            return std::sqrt(2.0 / (1 + param * param));
        default:
            return 1;
    }
}

Tensor constant_(Tensor tensor, const Scalar& value) {
    const NoGradGuard no_grad;
    return tensor.fill_(value);
}

Tensor zeros_(Tensor tensor) { return constant_(std::move(tensor), 0); }
Tensor ones_(Tensor tensor) { return constant_(std::move(tensor), 1); }

Tensor eye_(Tensor matrix) {
    if (matrix.dim() != 2)
        raise<ShapeError>("init::eye_", "only tensors with 2 dimensions are supported, got shape ",
                          detail::shape_string(matrix.sizes()));
    const NoGradGuard no_grad;
    return matrix.copy_(eye(matrix.size(0), matrix.size(1), matrix.options()));
}

Tensor uniform_(Tensor tensor, double low, double high) {
    const NoGradGuard no_grad;
    return tensor.uniform_(low, high);
}

Tensor normal_(Tensor tensor, double mean, double std) {
    const NoGradGuard no_grad;
    return tensor.normal_(mean, std);
}

Tensor fan_in_normal_(Tensor tensor) {
    const double std = scaled(1, static_cast<double>(fans("init::fan_in_normal_", tensor).in));
    return normal_(std::move(tensor), 0, std);
}

Tensor xavier_uniform_(Tensor tensor, double gain) {
    const double std = xavier_std("init::xavier_uniform_", tensor, gain);
    return uniform_of_std(std::move(tensor), std);
}

Tensor xavier_normal_(Tensor tensor, double gain) {
    const double std = xavier_std("init::xavier_normal_", tensor, gain);
    return normal_(std::move(tensor), 0, std);
}

Tensor kaiming_uniform_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
    const double std = kaiming_std("init::kaiming_uniform_", tensor, a, mode, nonlinearity);
    return uniform_of_std(std::move(tensor), std);
}

Tensor kaiming_normal_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
    const double std = kaiming_std("init::kaiming_normal_", tensor, a, mode, nonlinearity);
    return normal_(std::move(tensor), 0, std);
}

Tensor orthogonal_(Tensor tensor, double gain) {
    if (tensor.dim() < 2)
        raise<ShapeError>("init::orthogonal_", "only tensors with 2 or more dimensions are supported, got shape ",
                          detail::shape_string(tensor.sizes()));
    const NoGradGuard no_grad;
    if (tensor.numel() == 0) return tensor;
    const std::int64_t rows = tensor.size(0), columns = tensor.numel() / rows;
    Tensor tall = randn({rows, columns}, tensor.options());
    if (rows < columns) tall = tall.t();
    const auto factors = linalg_qr(tall);
    // Of the factorizations the one in which R has a positive diagonal: so Q is uniformly distributed.
    Tensor unique = std::get<0>(factors) * std::get<1>(factors).diagonal().sign();
    if (rows < columns) unique = unique.t();
    return tensor.copy_(unique.reshape(tensor.sizes())).mul_(gain);
}

}  // namespace xgrad::nn::init
