#include <xgrad/nn/batchnorm.h>

#include <ostream>

#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/nn/functional/batchnorm.h>
#include <xgrad/nn/init.h>

namespace xgrad::nn {

namespace {

const char* word(bool truth) { return truth ? "true" : "false"; }

}  // namespace

template <class Derived, class Options>
NormImplBase<Derived, Options>::NormImplBase(const Options& norm_options) : options(norm_options) {
    NormImplBase::reset();
}

template <class Derived, class Options>
void NormImplBase<Derived, Options>::reset() {
    const bool affine = options.affine(), track = options.track_running_stats();
    const std::int64_t features = options.num_features();
    weight = this->register_parameter("weight", affine ? xgrad::empty({features}) : Tensor(), affine);
    bias = this->register_parameter("bias", affine ? xgrad::empty({features}) : Tensor(), affine);
    running_mean = this->register_buffer("running_mean", track ? zeros({features}) : Tensor());
    running_var = this->register_buffer("running_var", track ? ones({features}) : Tensor());
    num_batches_tracked = this->register_buffer("num_batches_tracked", track ? zeros({}, kInt64) : Tensor());
    reset_parameters();
}

template <class Derived, class Options>
void NormImplBase<Derived, Options>::reset_running_stats() {
    if (!options.track_running_stats()) return;
    running_mean.zero_();
    running_var.fill_(1);
    num_batches_tracked.zero_();
}

template <class Derived, class Options>
void NormImplBase<Derived, Options>::reset_parameters() {
    reset_running_stats();
    if (!options.affine()) return;
    init::ones_(weight);
    init::zeros_(bias);
}

template <class Derived, class Options>
void NormImplBase<Derived, Options>::print(std::ostream& stream, const char* type,
                                           std::optional<double> momentum) const {
    stream << "xgrad::nn::" << type << '(' << options.num_features() << ", eps=" << options.eps() << ", momentum=";
    if (momentum)
        stream << *momentum;
    else
        stream << "None";
    stream << ", affine=" << word(options.affine()) << ", track_running_stats=" << word(options.track_running_stats())
           << ')';
}

template <std::size_t D, class Derived>
void BatchNormImplBase<D, Derived>::pretty_print(std::ostream& stream) const {
    constexpr const char* types[] = {"BatchNorm1d", "BatchNorm2d", "BatchNorm3d"};
    this->print(stream, types[D - 1], this->options.momentum());
}

template <std::size_t D, class Derived>
void BatchNormImplBase<D, Derived>::_check_input_dim(const Tensor& input) {
    constexpr const char* types[] = {"BatchNorm1d", "BatchNorm2d", "BatchNorm3d"};
    constexpr const char* expected[] = {"2D or 3D", "4D", "5D"};
    const std::int64_t dims = input.dim();
    if (dims != static_cast<std::int64_t>(D) + 2 && !(D == 1 && dims == 2))
        raise<ShapeError>(types[D - 1], "expected ", expected[D - 1], " input (got ", dims, "D input)");
}

template <std::size_t D, class Derived>
Tensor BatchNormImplBase<D, Derived>::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    _check_input_dim(input);
    const auto& given = this->options;
    const bool tracks = given.track_running_stats(), learns = this->is_training() && tracks;
    double momentum = given.momentum().value_or(0);
    if (learns && !given.momentum()) momentum = 1 / (this->num_batches_tracked.template item<double>() + 1);
    Tensor y = functional::batch_norm(input, this->running_mean, this->running_var,
                                      functional::BatchNormFuncOptions()
                                          .weight(this->weight)
                                          .bias(this->bias)
                                          .training(this->is_training() || !tracks)
                                          .momentum(momentum)
                                          .eps(given.eps()));
    if (learns) this->num_batches_tracked += 1;
    return y;
} catch (Error& error) {
    this->rethrow_with_path(error);
}

template <std::size_t D, class Derived>
void InstanceNormImplBase<D, Derived>::pretty_print(std::ostream& stream) const {
    constexpr const char* types[] = {"InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"};
    this->print(stream, types[D - 1], this->options.momentum());
}

template <std::size_t D, class Derived>
void InstanceNormImplBase<D, Derived>::_check_input_dim(const Tensor& input) {
    constexpr const char* types[] = {"InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"};
    constexpr std::int64_t kDims = D;
    const std::int64_t dims = input.dim();
    if (dims != kDims + 1 && dims != kDims + 2)
        raise<ShapeError>(types[D - 1], "expected ", kDims + 1, "D or ", kDims + 2, "D input (got ", dims, "D input)");
}

template <std::size_t D, class Derived>
Tensor InstanceNormImplBase<D, Derived>::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    _check_input_dim(input);
    const bool one = input.dim() == static_cast<std::int64_t>(D) + 1;
    const Tensor y =
        functional::instance_norm(one ? input.unsqueeze(0) : input,
                                  functional::InstanceNormFuncOptions()
                                      .running_mean(this->running_mean)
                                      .running_var(this->running_var)
                                      .weight(this->weight)
                                      .bias(this->bias)
                                      .use_input_stats(this->is_training() || !this->options.track_running_stats())
                                      .momentum(this->options.momentum())
                                      .eps(this->options.eps()));
    return one ? y.squeeze(0) : y;
} catch (Error& error) {
    this->rethrow_with_path(error);
}

template class NormImplBase<BatchNorm1dImpl, BatchNormOptions>;
template class BatchNormImplBase<1, BatchNorm1dImpl>;
template class NormImplBase<BatchNorm2dImpl, BatchNormOptions>;
template class BatchNormImplBase<2, BatchNorm2dImpl>;
template class NormImplBase<BatchNorm3dImpl, BatchNormOptions>;
template class BatchNormImplBase<3, BatchNorm3dImpl>;
template class NormImplBase<InstanceNorm1dImpl, InstanceNormOptions>;
template class InstanceNormImplBase<1, InstanceNorm1dImpl>;
template class NormImplBase<InstanceNorm2dImpl, InstanceNormOptions>;
template class InstanceNormImplBase<2, InstanceNorm2dImpl>;
template class NormImplBase<InstanceNorm3dImpl, InstanceNormOptions>;
template class InstanceNormImplBase<3, InstanceNorm3dImpl>;

}  // namespace xgrad::nn
