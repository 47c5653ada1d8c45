#pragma once

#include <cstdint>
#include <vector>

#include <xgrad/nn/arg.h>
#include <xgrad/nn/expanding_array.h>

namespace xgrad {

/// What stands beyond the border: zeros, a number, the mirrored inside, the border element or the other end.
enum class PaddingMode { Zeros, Constant, Reflect, Replicate, Circular };
inline constexpr PaddingMode kZeros = PaddingMode::Zeros;
inline constexpr PaddingMode kConstant = PaddingMode::Constant;
inline constexpr PaddingMode kReflect = PaddingMode::Reflect;
inline constexpr PaddingMode kReplicate = PaddingMode::Replicate;
inline constexpr PaddingMode kCircular = PaddingMode::Circular;

}  // namespace xgrad

namespace xgrad::nn {

/// Options of a padding layer of D dimensions: how many elements before and behind, the last dimension first
/// ({left, right, top, bottom}), or one number for all.
template <std::size_t D>
struct ReflectionPadOptions {
    ReflectionPadOptions(ExpandingArray<D * 2> padding) : padding_(padding) {}
    XGRAD_ARG(ExpandingArray<D * 2>, padding);
};
using ReflectionPad1dOptions = ReflectionPadOptions<1>;
using ReflectionPad2dOptions = ReflectionPadOptions<2>;
using ReflectionPad3dOptions = ReflectionPadOptions<3>;

/// The same of replication.
template <std::size_t D>
struct ReplicationPadOptions {
    ReplicationPadOptions(ExpandingArray<D * 2> padding) : padding_(padding) {}
    XGRAD_ARG(ExpandingArray<D * 2>, padding);
};
using ReplicationPad1dOptions = ReplicationPadOptions<1>;
using ReplicationPad2dOptions = ReplicationPadOptions<2>;
using ReplicationPad3dOptions = ReplicationPadOptions<3>;

/// The same of zeros.
template <std::size_t D>
struct ZeroPadOptions {
    ZeroPadOptions(ExpandingArray<D * 2> padding) : padding_(padding) {}
    XGRAD_ARG(ExpandingArray<D * 2>, padding);
};
using ZeroPad1dOptions = ZeroPadOptions<1>;
using ZeroPad2dOptions = ZeroPadOptions<2>;
using ZeroPad3dOptions = ZeroPadOptions<3>;

/// The same of a number.
template <std::size_t D>
struct ConstantPadOptions {
    ConstantPadOptions(ExpandingArray<D * 2> padding, double value) : padding_(padding), value_(value) {}
    XGRAD_ARG(ExpandingArray<D * 2>, padding);
    /// What stands in the padding.
    XGRAD_ARG(double, value);
};
using ConstantPad1dOptions = ConstantPadOptions<1>;
using ConstantPad2dOptions = ConstantPadOptions<2>;
using ConstantPad3dOptions = ConstantPadOptions<3>;

namespace functional {

/// Options of functional::pad: PadFuncOptions({1, 2}).mode(kReflect).
struct PadFuncOptions {
    PadFuncOptions(std::vector<std::int64_t> pad) : pad_(std::move(pad)) {}
    using mode_t = PaddingMode;
    /// How many elements before and behind, the last dimension first.
    XGRAD_ARG(std::vector<std::int64_t>, pad);
    /// kConstant, kReflect, kReplicate or kCircular.
    XGRAD_ARG(mode_t, mode) = kConstant;
    /// What stands in constant padding.
    XGRAD_ARG(double, value) = 0;
};

}  // namespace functional

}  // namespace xgrad::nn
