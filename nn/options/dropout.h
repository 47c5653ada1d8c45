#pragma once

#include <xgrad/nn/arg.h>

namespace xgrad::nn {

/// Options of Dropout and its kin.
struct DropoutOptions {
    DropoutOptions(double p = 0.5) : p_(p) {}
    /// The probability with which a number, or a channel, is dropped.
    XGRAD_ARG(double, p);
    /// Whether the input is overwritten by the result.
    XGRAD_ARG(bool, inplace) = false;
};
using Dropout2dOptions = DropoutOptions;
using Dropout3dOptions = DropoutOptions;
using AlphaDropoutOptions = DropoutOptions;
using FeatureAlphaDropoutOptions = DropoutOptions;

namespace functional {

/// Options of functional::dropout, dropout2d and dropout3d.
struct DropoutFuncOptions {
    XGRAD_ARG(double, p) = 0.5;
    /// Whether anything is dropped.
    XGRAD_ARG(bool, training) = true;
    XGRAD_ARG(bool, inplace) = false;
};
using Dropout2dFuncOptions = DropoutFuncOptions;
using Dropout3dFuncOptions = DropoutFuncOptions;

/// Options of functional::alpha_dropout and feature_alpha_dropout.
struct AlphaDropoutFuncOptions {
    XGRAD_ARG(double, p) = 0.5;
    /// Whether anything is dropped.
    XGRAD_ARG(bool, training) = false;
    XGRAD_ARG(bool, inplace) = false;
};
using FeatureAlphaDropoutFuncOptions = AlphaDropoutFuncOptions;

}  // namespace functional

}  // namespace xgrad::nn
