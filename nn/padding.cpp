#include <xgrad/nn/padding.h>

#include <ostream>

#include <xgrad/nn/functional/padding.h>

namespace xgrad::nn {

namespace {

template <class Padding>
functional::PadFuncOptions func_options(const Padding& padding, PaddingMode mode) {
    return functional::PadFuncOptions(IntArrayRef(padding).vec()).mode(mode);
}

}  // namespace

#define XGRAD_PADDING(Name, mode)                                              \
    void Name##Impl::pretty_print(std::ostream& stream) const {                \
        stream << "xgrad::nn::" #Name "(padding=" << options.padding() << ')'; \
    }                                                                          \
    Tensor Name##Impl::forward(const Tensor& input) try {                      \
        const ForwardScope scope(*this);                                       \
        return functional::pad(input, func_options(options.padding(), mode));  \
    } catch (Error & error) {                                                  \
        rethrow_with_path(error);                                              \
    }
XGRAD_PADDING(ReflectionPad1d, kReflect)
XGRAD_PADDING(ReflectionPad2d, kReflect)
XGRAD_PADDING(ReflectionPad3d, kReflect)
XGRAD_PADDING(ReplicationPad1d, kReplicate)
XGRAD_PADDING(ReplicationPad2d, kReplicate)
XGRAD_PADDING(ReplicationPad3d, kReplicate)
XGRAD_PADDING(ZeroPad1d, kConstant)
XGRAD_PADDING(ZeroPad2d, kConstant)
XGRAD_PADDING(ZeroPad3d, kConstant)
#undef XGRAD_PADDING

#define XGRAD_CONSTANT_PADDING(Name)                                                                            \
    void Name##Impl::pretty_print(std::ostream& stream) const {                                                 \
        stream << "xgrad::nn::" #Name "(padding=" << options.padding() << ", value=" << options.value() << ')'; \
    }                                                                                                           \
    Tensor Name##Impl::forward(const Tensor& input) try {                                                       \
        const ForwardScope scope(*this);                                                                        \
        return functional::pad(input, func_options(options.padding(), kConstant).value(options.value()));       \
    } catch (Error & error) {                                                                                   \
        rethrow_with_path(error);                                                                               \
    }
XGRAD_CONSTANT_PADDING(ConstantPad1d)
XGRAD_CONSTANT_PADDING(ConstantPad2d)
XGRAD_CONSTANT_PADDING(ConstantPad3d)
#undef XGRAD_CONSTANT_PADDING

}  // namespace xgrad::nn
