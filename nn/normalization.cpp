#include <xgrad/nn/normalization.h>

#include <ostream>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/vision/resample.h>
#include <xgrad/nn/functional/normalization.h>
#include <xgrad/nn/init.h>

namespace xgrad::nn {

namespace {

const char* word(bool truth) { return truth ? "true" : "false"; }

}  // namespace

LayerNormImpl::LayerNormImpl(const LayerNormOptions& layer_options) : options(layer_options) { LayerNormImpl::reset(); }

void LayerNormImpl::reset() {
    const bool affine = options.elementwise_affine();
    weight = register_parameter("weight", affine ? xgrad::empty(options.normalized_shape()) : Tensor(), affine);
    bias = register_parameter("bias", affine ? xgrad::empty(options.normalized_shape()) : Tensor(), affine);
    reset_parameters();
}

void LayerNormImpl::reset_parameters() {
    if (!options.elementwise_affine()) return;
    init::ones_(weight);
    init::zeros_(bias);
}

void LayerNormImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::LayerNorm(" << IntArrayRef(options.normalized_shape()) << ", eps=" << options.eps()
           << ", elementwise_affine=" << word(options.elementwise_affine()) << ')';
}

Tensor LayerNormImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return xgrad::layer_norm(input, options.normalized_shape(), weight, bias, options.eps());
} catch (Error& error) {
    rethrow_with_path(error);
}

GroupNormImpl::GroupNormImpl(const GroupNormOptions& group_options) : options(group_options) { GroupNormImpl::reset(); }

void GroupNormImpl::reset() {
    const bool affine = options.affine();
    weight = register_parameter("weight", affine ? xgrad::empty({options.num_channels()}) : Tensor(), affine);
    bias = register_parameter("bias", affine ? xgrad::empty({options.num_channels()}) : Tensor(), affine);
    reset_parameters();
}

void GroupNormImpl::reset_parameters() {
    if (!options.affine()) return;
    init::ones_(weight);
    init::zeros_(bias);
}

void GroupNormImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::GroupNorm(" << options.num_groups() << ", " << options.num_channels()
           << ", eps=" << options.eps() << ", affine=" << word(options.affine()) << ')';
}

Tensor GroupNormImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return xgrad::group_norm(input, options.num_groups(), weight, bias, options.eps());
} catch (Error& error) {
    rethrow_with_path(error);
}

RMSNormImpl::RMSNormImpl(const RMSNormOptions& layer_options) : options(layer_options) { RMSNormImpl::reset(); }

void RMSNormImpl::reset() {
    const bool affine = options.elementwise_affine();
    weight = register_parameter("weight", affine ? xgrad::empty(options.normalized_shape()) : Tensor(), affine);
    reset_parameters();
}

void RMSNormImpl::reset_parameters() {
    if (options.elementwise_affine()) init::ones_(weight);
}

void RMSNormImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::RMSNorm(" << IntArrayRef(options.normalized_shape()) << ", eps=";
    if (options.eps())
        stream << *options.eps();
    else
        stream << "None";
    stream << ", elementwise_affine=" << word(options.elementwise_affine()) << ')';
}

Tensor RMSNormImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return xgrad::rms_norm(input, options.normalized_shape(), weight, options.eps());
} catch (Error& error) {
    rethrow_with_path(error);
}

void LocalResponseNormImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::LocalResponseNorm(" << options.size() << ", alpha=" << options.alpha()
           << ", beta=" << options.beta() << ", k=" << options.k() << ')';
}
Tensor LocalResponseNormImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::local_response_norm(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void CrossMapLRN2dImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::CrossMapLRN2d(" << options.size() << ", alpha=" << options.alpha()
           << ", beta=" << options.beta() << ", k=" << options.k() << ')';
}
Tensor CrossMapLRN2dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    if (input.dim() != 4)
        raise<ShapeError>("CrossMapLRN2d", "input needs 4 dimensions (N, C, H, W), got shape ", input.sizes());
    const Tensor square = input.square();
    const std::int64_t side = (options.size() - 1) / 2, width = 2 * side + 1, channels = input.size(1);
    Tensor sum = ops::window_mean(square, 1, side, side) * static_cast<double>(width);
    // In PyTorch the first channel stays in the sums of the later ones.
    if (channels > side + 1) {
        const Tensor later = (arange(channels) > side).to(input.dtype()).reshape({1, channels, 1, 1});
        sum = sum + square.narrow(1, 0, 1) * later;
    }
    return input * (sum * (options.alpha() / static_cast<double>(options.size())) + options.k()).pow(-options.beta());
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
