#include <xgrad/nn/functional/padding.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::nn::functional {

Tensor pad(const Tensor& input, const PadFuncOptions& options) {
    switch (options.mode()) {
        case kConstant:
            return xgrad::pad(input, options.pad(), "constant", options.value());
        case kReflect:
            return xgrad::pad(input, options.pad(), "reflect", options.value());
        case kReplicate:
            return xgrad::pad(input, options.pad(), "replicate", options.value());
        case kCircular:
            return xgrad::pad(input, options.pad(), "circular", options.value());
        default:
            raise<ValueError>("pad",
                              "Unrecognised padding mode: there are kConstant, kReflect, kReplicate and "
                              "kCircular");
    }
}

}  // namespace xgrad::nn::functional
