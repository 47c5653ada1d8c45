#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/pooling.h>

/// Layers without parameters; what they compute says <xgrad/autograd/functions/pooling.h>.
namespace xgrad::nn {

/// A layer made of its options: of the size of its windows or, where it is adaptive, their number.
template <class Options, class Derived>
class PoolImpl : public Cloneable<Derived> {
  public:
    explicit PoolImpl(const Options& pool_options) : options(pool_options) {}

    void reset() override {}

    Options options;
};

/// The largest elements of windows.
class MaxPool1dImpl : public PoolImpl<MaxPool1dOptions, MaxPool1dImpl> {
  public:
    using PoolImpl::PoolImpl;
    MaxPool1dImpl(ExpandingArray<1> kernel_size) : PoolImpl(MaxPool1dOptions(kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
    std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);
};
XGRAD_MODULE(MaxPool1d);

class MaxPool2dImpl : public PoolImpl<MaxPool2dOptions, MaxPool2dImpl> {
  public:
    using PoolImpl::PoolImpl;
    MaxPool2dImpl(ExpandingArray<2> kernel_size) : PoolImpl(MaxPool2dOptions(kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
    std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);
};
XGRAD_MODULE(MaxPool2d);

class MaxPool3dImpl : public PoolImpl<MaxPool3dOptions, MaxPool3dImpl> {
  public:
    using PoolImpl::PoolImpl;
    MaxPool3dImpl(ExpandingArray<3> kernel_size) : PoolImpl(MaxPool3dOptions(kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
    std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);
};
XGRAD_MODULE(MaxPool3d);

/// The means of windows.
class AvgPool1dImpl : public PoolImpl<AvgPool1dOptions, AvgPool1dImpl> {
  public:
    using PoolImpl::PoolImpl;
    AvgPool1dImpl(ExpandingArray<1> kernel_size) : PoolImpl(AvgPool1dOptions(kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(AvgPool1d);

class AvgPool2dImpl : public PoolImpl<AvgPool2dOptions, AvgPool2dImpl> {
  public:
    using PoolImpl::PoolImpl;
    AvgPool2dImpl(ExpandingArray<2> kernel_size) : PoolImpl(AvgPool2dOptions(kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(AvgPool2d);

class AvgPool3dImpl : public PoolImpl<AvgPool3dOptions, AvgPool3dImpl> {
  public:
    using PoolImpl::PoolImpl;
    AvgPool3dImpl(ExpandingArray<3> kernel_size) : PoolImpl(AvgPool3dOptions(kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(AvgPool3d);

/// The largest elements of a number of windows that cover the input.
class AdaptiveMaxPool1dImpl : public PoolImpl<AdaptiveMaxPool1dOptions, AdaptiveMaxPool1dImpl> {
  public:
    using PoolImpl::PoolImpl;
    AdaptiveMaxPool1dImpl(ExpandingArray<1> output_size) : PoolImpl(AdaptiveMaxPool1dOptions(output_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
    std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);
};
XGRAD_MODULE(AdaptiveMaxPool1d);

class AdaptiveMaxPool2dImpl : public PoolImpl<AdaptiveMaxPool2dOptions, AdaptiveMaxPool2dImpl> {
  public:
    using PoolImpl::PoolImpl;
    AdaptiveMaxPool2dImpl(ExpandingArrayWithOptionalElem<2> output_size)
        : PoolImpl(AdaptiveMaxPool2dOptions(output_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
    std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);
};
XGRAD_MODULE(AdaptiveMaxPool2d);

class AdaptiveMaxPool3dImpl : public PoolImpl<AdaptiveMaxPool3dOptions, AdaptiveMaxPool3dImpl> {
  public:
    using PoolImpl::PoolImpl;
    AdaptiveMaxPool3dImpl(ExpandingArrayWithOptionalElem<3> output_size)
        : PoolImpl(AdaptiveMaxPool3dOptions(output_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
    std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);
};
XGRAD_MODULE(AdaptiveMaxPool3d);

/// The means of a number of windows that cover the input.
class AdaptiveAvgPool1dImpl : public PoolImpl<AdaptiveAvgPool1dOptions, AdaptiveAvgPool1dImpl> {
  public:
    using PoolImpl::PoolImpl;
    AdaptiveAvgPool1dImpl(ExpandingArray<1> output_size) : PoolImpl(AdaptiveAvgPool1dOptions(output_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(AdaptiveAvgPool1d);

class AdaptiveAvgPool2dImpl : public PoolImpl<AdaptiveAvgPool2dOptions, AdaptiveAvgPool2dImpl> {
  public:
    using PoolImpl::PoolImpl;
    AdaptiveAvgPool2dImpl(ExpandingArrayWithOptionalElem<2> output_size)
        : PoolImpl(AdaptiveAvgPool2dOptions(output_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(AdaptiveAvgPool2d);

class AdaptiveAvgPool3dImpl : public PoolImpl<AdaptiveAvgPool3dOptions, AdaptiveAvgPool3dImpl> {
  public:
    using PoolImpl::PoolImpl;
    AdaptiveAvgPool3dImpl(ExpandingArrayWithOptionalElem<3> output_size)
        : PoolImpl(AdaptiveAvgPool3dOptions(output_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(AdaptiveAvgPool3d);

/// Puts elements back where a pooling found them, among zeros.
class MaxUnpool1dImpl : public PoolImpl<MaxUnpool1dOptions, MaxUnpool1dImpl> {
  public:
    using PoolImpl::PoolImpl;
    MaxUnpool1dImpl(ExpandingArray<1> kernel_size) : PoolImpl(MaxUnpool1dOptions(kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& indices,
                   const std::optional<std::vector<std::int64_t>>& output_size = std::nullopt);
};
XGRAD_MODULE(MaxUnpool1d);

class MaxUnpool2dImpl : public PoolImpl<MaxUnpool2dOptions, MaxUnpool2dImpl> {
  public:
    using PoolImpl::PoolImpl;
    MaxUnpool2dImpl(ExpandingArray<2> kernel_size) : PoolImpl(MaxUnpool2dOptions(kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& indices,
                   const std::optional<std::vector<std::int64_t>>& output_size = std::nullopt);
};
XGRAD_MODULE(MaxUnpool2d);

class MaxUnpool3dImpl : public PoolImpl<MaxUnpool3dOptions, MaxUnpool3dImpl> {
  public:
    using PoolImpl::PoolImpl;
    MaxUnpool3dImpl(ExpandingArray<3> kernel_size) : PoolImpl(MaxUnpool3dOptions(kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input, const Tensor& indices,
                   const std::optional<std::vector<std::int64_t>>& output_size = std::nullopt);
};
XGRAD_MODULE(MaxUnpool3d);

/// The p-norms of windows.
class LPPool1dImpl : public PoolImpl<LPPool1dOptions, LPPool1dImpl> {
  public:
    using PoolImpl::PoolImpl;
    LPPool1dImpl(double norm_type, ExpandingArray<1> kernel_size) : PoolImpl(LPPool1dOptions(norm_type, kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(LPPool1d);

class LPPool2dImpl : public PoolImpl<LPPool2dOptions, LPPool2dImpl> {
  public:
    using PoolImpl::PoolImpl;
    LPPool2dImpl(double norm_type, ExpandingArray<2> kernel_size) : PoolImpl(LPPool2dOptions(norm_type, kernel_size)) {}

    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);
};
XGRAD_MODULE(LPPool2d);

}  // namespace xgrad::nn
