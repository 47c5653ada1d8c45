#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/upsampling.h>

namespace xgrad::nn {

/// Resizes pictures and volumes. See functional::interpolate.
class UpsampleImpl : public Cloneable<UpsampleImpl> {
  public:
    explicit UpsampleImpl(const UpsampleOptions& upsample_options = {}) : options(upsample_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    Tensor forward(const Tensor& input);

    UpsampleOptions options;
};
XGRAD_MODULE(Upsample);

}  // namespace xgrad::nn
