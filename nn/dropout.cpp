#include <xgrad/nn/dropout.h>

#include <ostream>

#include <xgrad/nn/functional/dropout.h>

namespace xgrad::nn {

template <class Derived>
void DropoutImplBase<Derived>::check(double p) {
    if (!(p >= 0 && p <= 1)) raise<ValueError>("Dropout", "dropout probability has to be between 0 and 1, but got ", p);
}

#define XGRAD_DROPOUT(Name, function, Options)                                                                       \
    void Name##Impl::pretty_print(std::ostream& stream) const {                                                      \
        stream << "xgrad::nn::" #Name "(p=" << options.p() << ", inplace=" << (options.inplace() ? "true" : "false") \
               << ')';                                                                                               \
    }                                                                                                                \
    Tensor Name##Impl::forward(Tensor input) try {                                                                   \
        const ForwardScope scope(*this);                                                                             \
        return functional::function(                                                                                 \
            std::move(input),                                                                                        \
            functional::Options().p(options.p()).training(is_training()).inplace(options.inplace()));                \
    } catch (Error & error) {                                                                                        \
        rethrow_with_path(error);                                                                                    \
    }                                                                                                                \
    template class DropoutImplBase<Name##Impl>;
XGRAD_DROPOUT(Dropout, dropout, DropoutFuncOptions)
XGRAD_DROPOUT(Dropout2d, dropout2d, Dropout2dFuncOptions)
XGRAD_DROPOUT(Dropout3d, dropout3d, Dropout3dFuncOptions)
XGRAD_DROPOUT(AlphaDropout, alpha_dropout, AlphaDropoutFuncOptions)
XGRAD_DROPOUT(FeatureAlphaDropout, feature_alpha_dropout, FeatureAlphaDropoutFuncOptions)
#undef XGRAD_DROPOUT

}  // namespace xgrad::nn
