#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/linear.h>

namespace xgrad::nn {

/// x W^T + b. Weight (out_features, in_features) and bias (out_features) start uniform in +-1/sqrt(in_features).
class LinearImpl : public Cloneable<LinearImpl> {
  public:
    LinearImpl(std::int64_t in_features, std::int64_t out_features)
        : LinearImpl(LinearOptions(in_features, out_features)) {}
    explicit LinearImpl(const LinearOptions& options);

    void reset() override;
    /// Draws weight and bias anew, as PyTorch does and from the same random stream.
    void reset_parameters();
    void pretty_print(std::ostream& stream) const override;
    /// (..., in_features) to (..., out_features).
    Tensor forward(const Tensor& input);

    LinearOptions options;
    Tensor weight;
    Tensor bias;  // undefined when switched off
};
XGRAD_MODULE(Linear);

/// Joins dimensions: all but the first, unless the options say otherwise.
class FlattenImpl : public Cloneable<FlattenImpl> {
  public:
    explicit FlattenImpl(const FlattenOptions& flatten_options = {}) : options(flatten_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);

    FlattenOptions options;
};
XGRAD_MODULE(Flatten);

/// Undoes Flatten: one dimension becomes several.
class UnflattenImpl : public Cloneable<UnflattenImpl> {
  public:
    UnflattenImpl(std::int64_t dim, std::vector<std::int64_t> sizes)
        : UnflattenImpl(UnflattenOptions(dim, std::move(sizes))) {}
    explicit UnflattenImpl(UnflattenOptions unflatten_options) : options(std::move(unflatten_options)) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);

    UnflattenOptions options;
};
XGRAD_MODULE(Unflatten);

/// Returns its input.
class IdentityImpl : public Cloneable<IdentityImpl> {
  public:
    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input) { return input; }
};
XGRAD_MODULE(Identity);

/// y_k = x1 W_k x2 + b_k. Weight (out, in1, in2) and bias (out) start uniform in +-1/sqrt(in1_features).
class BilinearImpl : public Cloneable<BilinearImpl> {
  public:
    BilinearImpl(std::int64_t in1_features, std::int64_t in2_features, std::int64_t out_features)
        : BilinearImpl(BilinearOptions(in1_features, in2_features, out_features)) {}
    explicit BilinearImpl(const BilinearOptions& options);

    void reset() override;
    /// Draws weight and bias anew, as PyTorch does and from the same random stream.
    void reset_parameters();
    void pretty_print(std::ostream& stream) const override;
    /// (..., in1_features) and (..., in2_features) to (..., out_features).
    Tensor forward(const Tensor& input1, const Tensor& input2);

    BilinearOptions options;
    Tensor weight;
    Tensor bias;  // undefined when switched off
};
XGRAD_MODULE(Bilinear);

/// A function as a module: Functional(xgrad::nn::functional::tanh), Functional(my_function, 0.5) calls
/// my_function(x, 0.5).
class FunctionalImpl : public Cloneable<FunctionalImpl> {
  public:
    using Function = std::function<Tensor(Tensor)>;

    explicit FunctionalImpl(Function function) : function_(std::move(function)) {}
    template <class F, class... Args>
    requires(sizeof...(Args) > 0) explicit FunctionalImpl(F function, Args... args)
        : function_([=](Tensor input) { return function(std::move(input), args...); }) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(Tensor input);
    Tensor operator()(Tensor input) { return forward(std::move(input)); }

  private:
    Function function_;
};
XGRAD_MODULE(Functional);

}  // namespace xgrad::nn
