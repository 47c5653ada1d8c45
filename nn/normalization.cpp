#include <xgrad/nn/normalization.h>

#include <ostream>

#include <xgrad/autograd/functions.h>
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

}  // namespace xgrad::nn
