#pragma once

#include <tuple>

#include <xgrad/autograd/tensor.h>

namespace xgrad::nn::init {

/// Which number of connections a scale is derived from: those into a unit or those out of it.
enum class FanMode { FanIn, FanOut };
/// What follows a layer, for the recommended gain.
enum class Nonlinearity {
    Linear,
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    Sigmoid,
    Tanh,
    ReLU,
    LeakyReLU
};
using FanModeType = FanMode;
using NonlinearityType = Nonlinearity;

}  // namespace xgrad::nn::init

namespace xgrad {

inline constexpr auto kFanIn = nn::init::FanMode::FanIn;
inline constexpr auto kFanOut = nn::init::FanMode::FanOut;
inline constexpr auto kLinear = nn::init::Nonlinearity::Linear;
inline constexpr auto kConv1D = nn::init::Nonlinearity::Conv1D;
inline constexpr auto kConv2D = nn::init::Nonlinearity::Conv2D;
inline constexpr auto kConv3D = nn::init::Nonlinearity::Conv3D;
inline constexpr auto kConvTranspose1D = nn::init::Nonlinearity::ConvTranspose1D;
inline constexpr auto kConvTranspose2D = nn::init::Nonlinearity::ConvTranspose2D;
inline constexpr auto kConvTranspose3D = nn::init::Nonlinearity::ConvTranspose3D;
inline constexpr auto kSigmoid = nn::init::Nonlinearity::Sigmoid;
inline constexpr auto kTanh = nn::init::Nonlinearity::Tanh;
inline constexpr auto kReLU = nn::init::Nonlinearity::ReLU;
inline constexpr auto kLeakyReLU = nn::init::Nonlinearity::LeakyReLU;

}  // namespace xgrad

/// Fills of parameters, in place and outside the graph; each returns its tensor. Random ones draw from the default
/// generator (see manual_seed) what PyTorch draws. Fans: of a tensor (out, in, kernel...), fan_in = in * kernel
/// elements, fan_out = out * kernel elements; fewer than two dimensions throw ShapeError.
namespace xgrad::nn::init {

/// The factor by which `nonlinearity` shrinks the standard deviation: 1 for linear layers and sigmoid, 5/3 for tanh,
/// sqrt(2) for ReLU, sqrt(2 / (1 + param^2)) for a leaky ReLU of slope `param`.
double calculate_gain(NonlinearityType nonlinearity, double param = 0.01);

Tensor constant_(Tensor tensor, const Scalar& value);
Tensor zeros_(Tensor tensor);
Tensor ones_(Tensor tensor);
/// The identity; a matrix, else ShapeError.
Tensor eye_(Tensor matrix);
/// Uniform in [low, high).
Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
Tensor normal_(Tensor tensor, double mean = 0, double std = 1);
/// Normal of standard deviation 1 / sqrt(fan_in): unit variance in, unit variance out of a linear unit (LeCun et al.,
/// Efficient BackProp, 1998).
Tensor fan_in_normal_(Tensor tensor);
/// Uniform of standard deviation gain * sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010).
Tensor xavier_uniform_(Tensor tensor, double gain = 1);
/// Normal of that standard deviation.
Tensor xavier_normal_(Tensor tensor, double gain = 1);
/// Uniform of standard deviation gain / sqrt(fan), the gain being that of the nonlinearity with slope `a` (He et al.,
/// Delving deep into rectifiers, 2015).
Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                        NonlinearityType nonlinearity = kLeakyReLU);
/// Normal of that standard deviation.
Tensor kaiming_normal_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                       NonlinearityType nonlinearity = kLeakyReLU);
/// `gain` times a matrix with orthonormal rows or columns, whichever are fewer; dimensions past the first count as one.
/// It is the Q of a normal matrix, with signs that make the diagonal of R positive (Saxe et al., 2013).
Tensor orthogonal_(Tensor tensor, double gain = 1);

/// (fan_in, fan_out).
std::tuple<std::int64_t, std::int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor);

}  // namespace xgrad::nn::init
