#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/dropout.h>

/// Dropout as modules: in training numbers are dropped, in evaluation the input passes. The formulas stand in
/// <xgrad/autograd/functions/dropout.h>. A probability outside [0, 1] throws ValueError.
namespace xgrad::nn {

/// What they have in common.
template <class Derived>
class DropoutImplBase : public Cloneable<Derived> {
  public:
    explicit DropoutImplBase(double p) : DropoutImplBase(DropoutOptions(p)) {}
    explicit DropoutImplBase(const DropoutOptions& dropout_options = {}) : options(dropout_options) {
        DropoutImplBase::reset();
    }

    void reset() override { check(options.p()); }

    DropoutOptions options;

  private:
    static void check(double p);
};

#define XGRAD_DROPOUT(Name)                                     \
    class Name##Impl : public DropoutImplBase<Name##Impl> {     \
      public:                                                   \
        using DropoutImplBase::DropoutImplBase;                 \
        void pretty_print(std::ostream& stream) const override; \
        Tensor forward(Tensor input);                           \
    };                                                          \
    XGRAD_MODULE(Name)

/// Numbers become zero, the others grow.
XGRAD_DROPOUT(Dropout);
/// Channels of (N, C, H, W) or (C, H, W) do.
XGRAD_DROPOUT(Dropout2d);
/// Channels of (N, C, D, H, W) or (C, D, H, W) do.
XGRAD_DROPOUT(Dropout3d);
/// Numbers become selu's lower limit, and mean and variance stay.
XGRAD_DROPOUT(AlphaDropout);
/// Channels of (N, C, ...) do.
XGRAD_DROPOUT(FeatureAlphaDropout);
#undef XGRAD_DROPOUT

}  // namespace xgrad::nn
