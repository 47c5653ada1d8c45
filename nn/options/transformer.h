#pragma once

#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/tensor.h>
#include <xgrad/nn/arg.h>
#include <xgrad/nn/init.h>

namespace xgrad {

/// The activation of a Transformer, where it may also be kReLU or a function.
enum class GELUActivation { GELU };
inline constexpr GELUActivation kGELU = GELUActivation::GELU;

}  // namespace xgrad

namespace xgrad::nn {

/// kReLU, kGELU or a function of one tensor.
class TransformerActivation {
  public:
    /// Throws ValueError for another than kReLU.
    TransformerActivation(init::Nonlinearity relu);
    TransformerActivation(GELUActivation gelu);
    template <class F>
    requires std::is_invocable_r_v<Tensor, const F&, const Tensor&> TransformerActivation(F function)
        : function_(std::move(function)) {}

    Tensor operator()(const Tensor& x) const { return function_(x); }

  private:
    std::function<Tensor(const Tensor&)> function_;
};

using activation_t = TransformerActivation;  // its name in libtorch

/// Options of TransformerEncoderLayer: TransformerEncoderLayerOptions(512, 8).dropout(0.2).
struct TransformerEncoderLayerOptions {
    TransformerEncoderLayerOptions(std::int64_t d_model, std::int64_t nhead) : d_model_(d_model), nhead_(nhead) {}
    /// Size of what goes in and comes out; a multiple of nhead.
    XGRAD_ARG(std::int64_t, d_model);
    /// Number of heads of the attention.
    XGRAD_ARG(std::int64_t, nhead);
    /// Size of the hidden layer behind the attention.
    XGRAD_ARG(std::int64_t, dim_feedforward) = 2048;
    /// The probability with which numbers are dropped in training.
    XGRAD_ARG(double, dropout) = 0.1;
    XGRAD_ARG(activation_t, activation) = kReLU;
};

/// Options of TransformerDecoderLayer: as those of TransformerEncoderLayer.
struct TransformerDecoderLayerOptions {
    TransformerDecoderLayerOptions(std::int64_t d_model, std::int64_t nhead) : d_model_(d_model), nhead_(nhead) {}
    XGRAD_ARG(std::int64_t, d_model);
    XGRAD_ARG(std::int64_t, nhead);
    XGRAD_ARG(std::int64_t, dim_feedforward) = 2048;
    XGRAD_ARG(double, dropout) = 0.1;
    XGRAD_ARG(activation_t, activation) = kReLU;
};

}  // namespace xgrad::nn
