#include <xgrad/nn/activation.h>

#include <ostream>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/activation.h>

namespace xgrad::nn {

void SigmoidImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Sigmoid()"; }
Tensor SigmoidImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::sigmoid(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void ImprovedSigmoidImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::ImprovedSigmoid()"; }
Tensor ImprovedSigmoidImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::improved_sigmoid(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void TanhImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Tanh()"; }
Tensor TanhImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::tanh(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void ReLUImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::ReLU(" << (options.inplace() ? "inplace=true" : "") << ')';
}
Tensor ReLUImpl::forward(Tensor input) try {
    const ForwardScope scope(*this);
    return functional::relu(std::move(input), options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void SoftmaxImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Softmax(dim=" << options.dim() << ')';
}
Tensor SoftmaxImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::softmax(input, options.dim());
} catch (Error& error) {
    rethrow_with_path(error);
}

void LogSoftmaxImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::LogSoftmax(dim=" << options.dim() << ')';
}
Tensor LogSoftmaxImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::log_softmax(input, options.dim());
} catch (Error& error) {
    rethrow_with_path(error);
}

namespace {

const char* in_place(bool on) { return on ? ", inplace=true" : ""; }
const char* only_in_place(bool on) { return on ? "inplace=true" : ""; }

}  // namespace

void SiLUImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::SiLU()"; }
Tensor SiLUImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::silu(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void MishImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Mish()"; }
Tensor MishImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::mish(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void LogSigmoidImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::LogSigmoid()"; }
Tensor LogSigmoidImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::logsigmoid(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void SoftsignImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Softsign()"; }
Tensor SoftsignImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::softsign(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void TanhshrinkImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Tanhshrink()"; }
Tensor TanhshrinkImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::tanhshrink(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void HardsigmoidImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Hardsigmoid()"; }
Tensor HardsigmoidImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::hardsigmoid(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void HardswishImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Hardswish()"; }
Tensor HardswishImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::hardswish(input);
} catch (Error& error) {
    rethrow_with_path(error);
}

void Softmax2dImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::Softmax2d()"; }
Tensor Softmax2dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    if (input.dim() != 4 && input.dim() != 3)
        raise<ShapeError>("Softmax2d", "Softmax2d requires a 3D or 4D tensor as input, got shape ",
                          xgrad::detail::shape_string(input.sizes()));
    return functional::softmax(input, -3);
} catch (Error& error) {
    rethrow_with_path(error);
}

void ReLU6Impl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::ReLU6(" << only_in_place(options.inplace()) << ')';
}
Tensor ReLU6Impl::forward(Tensor input) try {
    const ForwardScope scope(*this);
    return functional::relu6(std::move(input), options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void SELUImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::SELU(" << only_in_place(options.inplace()) << ')';
}
Tensor SELUImpl::forward(Tensor input) try {
    const ForwardScope scope(*this);
    return functional::selu(std::move(input), options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void ELUImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::ELU("
           << "alpha=" << options.alpha() << in_place(options.inplace()) << ')';
}
Tensor ELUImpl::forward(Tensor input) try {
    const ForwardScope scope(*this);
    return functional::elu(std::move(input), options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void CELUImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::CELU("
           << "alpha=" << options.alpha() << in_place(options.inplace()) << ')';
}
Tensor CELUImpl::forward(Tensor input) try {
    const ForwardScope scope(*this);
    return functional::celu(std::move(input), options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void LeakyReLUImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::LeakyReLU("
           << "negative_slope=" << options.negative_slope() << in_place(options.inplace()) << ')';
}
Tensor LeakyReLUImpl::forward(Tensor input) try {
    const ForwardScope scope(*this);
    return functional::leaky_relu(std::move(input), options);
} catch (Error& error) {
    rethrow_with_path(error);
}

HardtanhImpl::HardtanhImpl(const HardtanhOptions& hardtanh_options) : options(hardtanh_options) {
    HardtanhImpl::reset();
}
void HardtanhImpl::reset() {
    if (!(options.min_val() < options.max_val()))
        raise<ValueError>("Hardtanh", "max_val must be greater than min_val, got ", options.min_val(), " and ",
                          options.max_val());
}
void HardtanhImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Hardtanh("
           << "min_val=" << options.min_val() << ", max_val=" << options.max_val() << in_place(options.inplace())
           << ')';
}
Tensor HardtanhImpl::forward(Tensor input) try {
    const ForwardScope scope(*this);
    return functional::hardtanh(std::move(input), options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void ThresholdImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Threshold("
           << "threshold=" << options.threshold() << ", value=" << options.value() << in_place(options.inplace())
           << ')';
}
Tensor ThresholdImpl::forward(Tensor input) try {
    const ForwardScope scope(*this);
    return functional::threshold(std::move(input), options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void HardshrinkImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Hardshrink(" << options.lambda() << ')';
}
Tensor HardshrinkImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::hardshrink(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void SoftshrinkImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Softshrink(" << options.lambda() << ')';
}
Tensor SoftshrinkImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::softshrink(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void SoftplusImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Softplus("
           << "beta=" << options.beta() << ", threshold=" << options.threshold() << ')';
}
Tensor SoftplusImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::softplus(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void GLUImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::GLU("
           << "dim=" << options.dim() << ')';
}
Tensor GLUImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::glu(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void GELUImpl::pretty_print(std::ostream& stream) const { stream << "xgrad::nn::GELU()"; }
Tensor GELUImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::gelu(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void SoftminImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Softmin("
           << "dim=" << options.dim() << ')';
}
Tensor SoftminImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::softmin(input, options.dim());
} catch (Error& error) {
    rethrow_with_path(error);
}

void RReLUImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::RReLU("
           << "lower=" << options.lower() << ", upper=" << options.upper() << in_place(options.inplace()) << ')';
}
Tensor RReLUImpl::forward(Tensor input) try {
    const ForwardScope scope(*this);
    return functional::rrelu(std::move(input), functional::RReLUFuncOptions()
                                                   .lower(options.lower())
                                                   .upper(options.upper())
                                                   .training(is_training())
                                                   .inplace(options.inplace()));
} catch (Error& error) {
    rethrow_with_path(error);
}

PReLUImpl::PReLUImpl(const PReLUOptions& prelu_options) : options(prelu_options) { PReLUImpl::reset(); }

void PReLUImpl::reset() {
    if (options.num_parameters() < 1)
        raise<ValueError>("PReLU", "num_parameters must be at least 1, got ", options.num_parameters());
    weight = register_parameter("weight", xgrad::full({options.num_parameters()}, options.init()));
}

void PReLUImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::PReLU("
           << "num_parameters=" << options.num_parameters() << ')';
}
Tensor PReLUImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::prelu(input, weight);
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
