#include <xgrad/nn/linear.h>

#include <cmath>
#include <ostream>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/linear.h>
#include <xgrad/nn/init.h>

namespace xgrad::nn {

LinearImpl::LinearImpl(const LinearOptions& linear_options) : options(linear_options) {
    if (options.in_features() < 0 || options.out_features() < 0)
        raise<ValueError>("Linear", "in_features and out_features must not be negative, got ", options.in_features(),
                          " and ", options.out_features());
    LinearImpl::reset();
}

void LinearImpl::reset() {
    weight = register_parameter("weight", empty({options.out_features(), options.in_features()}));
    bias = options.bias() ? register_parameter("bias", empty({options.out_features()}))
                          : register_parameter("bias", {}, /*requires_grad=*/false);
    reset_parameters();
}

void LinearImpl::reset_parameters() {
    init::kaiming_uniform_(weight, std::sqrt(5.0));
    if (!bias.defined() || options.in_features() == 0) return;
    const double bound = 1 / std::sqrt(static_cast<double>(options.in_features()));
    init::uniform_(bias, -bound, bound);
}

void LinearImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Linear(in_features=" << options.in_features() << ", out_features=" << options.out_features()
           << ", bias=" << (options.bias() ? "true" : "false") << ')';
}

Tensor LinearImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::linear(input, weight, bias);
} catch (Error& error) {
    rethrow_with_path(error);
}

void FlattenImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Flatten(start_dim=" << options.start_dim() << ", end_dim=" << options.end_dim() << ')';
}

Tensor FlattenImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return input.flatten(options.start_dim(), options.end_dim());
} catch (Error& error) {
    rethrow_with_path(error);
}

void UnflattenImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Unflatten(dim=" << options.dim() << ", unflattened_size={";
    for (std::size_t i = 0; i < options.sizes().size(); ++i) stream << (i > 0 ? ", " : "") << options.sizes()[i];
    stream << "})";
}

Tensor UnflattenImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return input.unflatten(options.dim(), options.sizes());
} catch (Error& error) {
    rethrow_with_path(error);
}

BilinearImpl::BilinearImpl(const BilinearOptions& bilinear_options) : options(bilinear_options) {
    if (options.in1_features() < 0 || options.in2_features() < 0 || options.out_features() < 0)
        raise<ValueError>("Bilinear", "in1_features, in2_features and out_features must not be negative, got ",
                          options.in1_features(), ", ", options.in2_features(), " and ", options.out_features());
    BilinearImpl::reset();
}

void BilinearImpl::reset() {
    weight =
        register_parameter("weight", empty({options.out_features(), options.in1_features(), options.in2_features()}));
    bias = options.bias() ? register_parameter("bias", empty({options.out_features()}))
                          : register_parameter("bias", {}, /*requires_grad=*/false);
    reset_parameters();
}

void BilinearImpl::reset_parameters() {
    if (options.in1_features() == 0) return;
    const double bound = 1 / std::sqrt(static_cast<double>(options.in1_features()));
    init::uniform_(weight, -bound, bound);
    if (bias.defined()) init::uniform_(bias, -bound, bound);
}

void BilinearImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Bilinear(in1_features=" << options.in1_features()
           << ", in2_features=" << options.in2_features() << ", out_features=" << options.out_features()
           << ", bias=" << (options.bias() ? "true" : "false") << ')';
}

Tensor BilinearImpl::forward(const Tensor& input1, const Tensor& input2) try {
    const ForwardScope scope(*this);
    return functional::bilinear(input1, input2, weight, bias);
} catch (Error& error) {
    rethrow_with_path(error);
}

void IdentityImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Identity()"; }

void FunctionalImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Functional()"; }

Tensor FunctionalImpl::forward(Tensor input) try {
    const ForwardScope scope(*this);
    return function_(std::move(input));
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
