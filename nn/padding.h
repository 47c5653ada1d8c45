#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/padding.h>

/// Padding as modules; see xgrad::pad. One class for each number of dimensions: the last D of the input are padded.
namespace xgrad::nn {

// The members of class NameImpl but for its constructors.
#define XGRAD_PADDING_MEMBERS(Name)                         \
    void reset() override {}                                \
    void pretty_print(std::ostream& stream) const override; \
    Tensor forward(const Tensor& input);                    \
                                                            \
    Name##Options options
#define XGRAD_PADDING(Name, D)                                                                  \
    class Name##Impl : public Cloneable<Name##Impl> {                                           \
      public:                                                                                   \
        explicit Name##Impl(ExpandingArray<2 * D> padding) : options(padding) {}                \
        explicit Name##Impl(const Name##Options& padding_options) : options(padding_options) {} \
                                                                                                \
        XGRAD_PADDING_MEMBERS(Name);                                                            \
    };                                                                                          \
    XGRAD_MODULE(Name)
#define XGRAD_CONSTANT_PADDING(Name, D)                                                         \
    class Name##Impl : public Cloneable<Name##Impl> {                                           \
      public:                                                                                   \
        Name##Impl(ExpandingArray<2 * D> padding, double value) : options(padding, value) {}    \
        explicit Name##Impl(const Name##Options& padding_options) : options(padding_options) {} \
                                                                                                \
        XGRAD_PADDING_MEMBERS(Name);                                                            \
    };                                                                                          \
    XGRAD_MODULE(Name)

/// Mirrors the inside at the border elements.
XGRAD_PADDING(ReflectionPad1d, 1);
XGRAD_PADDING(ReflectionPad2d, 2);
XGRAD_PADDING(ReflectionPad3d, 3);
/// Repeats the border elements.
XGRAD_PADDING(ReplicationPad1d, 1);
XGRAD_PADDING(ReplicationPad2d, 2);
XGRAD_PADDING(ReplicationPad3d, 3);
/// Zeros.
XGRAD_PADDING(ZeroPad1d, 1);
XGRAD_PADDING(ZeroPad2d, 2);
XGRAD_PADDING(ZeroPad3d, 3);
/// A number.
XGRAD_CONSTANT_PADDING(ConstantPad1d, 1);
XGRAD_CONSTANT_PADDING(ConstantPad2d, 2);
XGRAD_CONSTANT_PADDING(ConstantPad3d, 3);

#undef XGRAD_PADDING_MEMBERS
#undef XGRAD_PADDING
#undef XGRAD_CONSTANT_PADDING

}  // namespace xgrad::nn
