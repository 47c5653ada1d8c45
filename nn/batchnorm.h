#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/batchnorm.h>

namespace xgrad::nn {

/// What batch and instance normalisation have: the learned numbers, one for every channel, and running statistics.
template <class Derived, class Options>
class NormImplBase : public Cloneable<Derived> {
  public:
    explicit NormImplBase(const Options& norm_options);

    void reset() override;
    /// Forgets what was learnt of the inputs: mean 0, variance 1.
    void reset_running_stats();
    /// The same, and sets the weight to 1 and the bias to 0.
    void reset_parameters();

    Options options;
    Tensor weight, bias;                                    // parameters; undefined without affine
    Tensor running_mean, running_var, num_batches_tracked;  // buffers; undefined without track_running_stats

  protected:
    virtual void _check_input_dim(const Tensor& input) = 0;
    /// "xgrad::nn::BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=true, track_running_stats=true)".
    void print(std::ostream& stream, const char* type, std::optional<double> momentum) const;
};

/// Normalisation over the batch, for inputs of D dimensions besides batch and channels (Ioffe and Szegedy, 2015).
template <std::size_t D, class Derived>
class BatchNormImplBase : public NormImplBase<Derived, BatchNormOptions> {
  public:
    explicit BatchNormImplBase(std::int64_t num_features) : BatchNormImplBase(BatchNormOptions(num_features)) {}
    explicit BatchNormImplBase(const BatchNormOptions& norm_options)
        : NormImplBase<Derived, BatchNormOptions>(norm_options) {}

    void pretty_print(std::ostream& stream) const override;
    /// (N, num_features, ...) to the same. In training the running statistics learn.
    Tensor forward(const Tensor& input);

  protected:
    void _check_input_dim(const Tensor& input) override;
};

/// Normalisation of each example, for inputs of D dimensions besides channels and, if there is one, batch (Ulyanov et
/// al., 2016).
template <std::size_t D, class Derived>
class InstanceNormImplBase : public NormImplBase<Derived, InstanceNormOptions> {
  public:
    explicit InstanceNormImplBase(std::int64_t num_features)
        : InstanceNormImplBase(InstanceNormOptions(num_features)) {}
    explicit InstanceNormImplBase(const InstanceNormOptions& norm_options)
        : NormImplBase<Derived, InstanceNormOptions>(norm_options) {}

    void pretty_print(std::ostream& stream) const override;
    /// (N, num_features, ...) or (num_features, ...) to the same.
    Tensor forward(const Tensor& input);

  protected:
    void _check_input_dim(const Tensor& input) override;
};

/// Of (N, C) or (N, C, L).
class BatchNorm1dImpl : public BatchNormImplBase<1, BatchNorm1dImpl> {
  public:
    using BatchNormImplBase::BatchNormImplBase;
};
XGRAD_MODULE(BatchNorm1d);
/// Of (N, C, H, W).
class BatchNorm2dImpl : public BatchNormImplBase<2, BatchNorm2dImpl> {
  public:
    using BatchNormImplBase::BatchNormImplBase;
};
XGRAD_MODULE(BatchNorm2d);
/// Of (N, C, D, H, W).
class BatchNorm3dImpl : public BatchNormImplBase<3, BatchNorm3dImpl> {
  public:
    using BatchNormImplBase::BatchNormImplBase;
};
XGRAD_MODULE(BatchNorm3d);

/// Of (N, C, L) or (C, L).
class InstanceNorm1dImpl : public InstanceNormImplBase<1, InstanceNorm1dImpl> {
  public:
    using InstanceNormImplBase::InstanceNormImplBase;
};
XGRAD_MODULE(InstanceNorm1d);
/// Of (N, C, H, W) or (C, H, W).
class InstanceNorm2dImpl : public InstanceNormImplBase<2, InstanceNorm2dImpl> {
  public:
    using InstanceNormImplBase::InstanceNormImplBase;
};
XGRAD_MODULE(InstanceNorm2d);
/// Of (N, C, D, H, W) or (C, D, H, W).
class InstanceNorm3dImpl : public InstanceNormImplBase<3, InstanceNorm3dImpl> {
  public:
    using InstanceNormImplBase::InstanceNormImplBase;
};
XGRAD_MODULE(InstanceNorm3d);

extern template class NormImplBase<BatchNorm1dImpl, BatchNormOptions>;
extern template class BatchNormImplBase<1, BatchNorm1dImpl>;
extern template class NormImplBase<BatchNorm2dImpl, BatchNormOptions>;
extern template class BatchNormImplBase<2, BatchNorm2dImpl>;
extern template class NormImplBase<BatchNorm3dImpl, BatchNormOptions>;
extern template class BatchNormImplBase<3, BatchNorm3dImpl>;
extern template class NormImplBase<InstanceNorm1dImpl, InstanceNormOptions>;
extern template class InstanceNormImplBase<1, InstanceNorm1dImpl>;
extern template class NormImplBase<InstanceNorm2dImpl, InstanceNormOptions>;
extern template class InstanceNormImplBase<2, InstanceNorm2dImpl>;
extern template class NormImplBase<InstanceNorm3dImpl, InstanceNormOptions>;
extern template class InstanceNormImplBase<3, InstanceNorm3dImpl>;

}  // namespace xgrad::nn
