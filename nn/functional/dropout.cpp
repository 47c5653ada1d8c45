#include <xgrad/nn/functional/dropout.h>

#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

namespace {

/// `batched_dim` dimensions mean that there is a batch.
Tensor dropout_channels(Tensor input, std::int64_t batched_dim, const DropoutFuncOptions& options) {
    const bool batched = input.dim() == batched_dim;
    Tensor examples = batched ? input : input.unsqueeze(0);
    if (!options.inplace()) {
        const Tensor y = feature_dropout(examples, options.p(), options.training());
        return batched ? y : y.squeeze(0);
    }
    feature_dropout_(examples, options.p(), options.training());
    return input;
}

}  // namespace

Tensor dropout(Tensor input, const DropoutFuncOptions& options) {
    return options.inplace() ? dropout_(input, options.p(), options.training())
                             : xgrad::dropout(input, options.p(), options.training());
}
Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options) {
    return dropout_channels(std::move(input), 4, options);
}
Tensor dropout3d(Tensor input, const Dropout3dFuncOptions& options) {
    return dropout_channels(std::move(input), 5, options);
}
Tensor alpha_dropout(Tensor input, const AlphaDropoutFuncOptions& options) {
    return options.inplace() ? alpha_dropout_(input, options.p(), options.training())
                             : xgrad::alpha_dropout(input, options.p(), options.training());
}
Tensor feature_alpha_dropout(Tensor input, const FeatureAlphaDropoutFuncOptions& options) {
    return options.inplace() ? feature_alpha_dropout_(input, options.p(), options.training())
                             : xgrad::feature_alpha_dropout(input, options.p(), options.training());
}

}  // namespace xgrad::nn::functional
