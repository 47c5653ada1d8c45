#include <doctest/doctest.h>

#include <xgrad/autograd/functions.h>
#include <xgrad/nn/functional/conv.h>
#include <xgrad/nn/functional/fold.h>

#include "reference.h"

using namespace xgrad;
namespace F = xgrad::nn::functional;

namespace {

/// A convolution of input, weight and, if there is a third input, bias.
using Convolution = std::function<Tensor(const Tensor& x, const Tensor& weight, const Tensor& bias)>;

reference::Case with_bias(const char* name, const Convolution& convolution) {
    return {name, [convolution](const TensorList& x) {
                return TensorList{convolution(x[0], x[1], x.size() > 2 ? x[2] : Tensor())};
            }};
}

template <class Function>
reference::Case plain(const char* name, Function function) {
    return with_bias(name, [function](const Tensor& x, const Tensor& w, const Tensor& b) { return function(x, w, b); });
}

/// The same with options that lack the bias.
template <class Function, class Options>
Convolution of(Function function, const Options& options) {
    return [=](const Tensor& x, const Tensor& weight, const Tensor& bias) {
        Options all = options;
        return function(x, weight, all.bias(bias));
    };
}

using Cases = std::vector<reference::Case>;

Cases convolutions() {
    const auto c1 = [](const Tensor& x, const Tensor& w, const Tensor& b) { return conv1d(x, w, b); };
    const auto c2 = [](const Tensor& x, const Tensor& w, const Tensor& b) { return conv2d(x, w, b); };
    const auto of_1 = [](const F::Conv1dFuncOptions& o) { return of(F::conv1d, o); };
    const auto of_2 = [](const F::Conv2dFuncOptions& o) { return of(F::conv2d, o); };
    const auto of_3 = [](const F::Conv3dFuncOptions& o) { return of(F::conv3d, o); };
    using O1 = F::Conv1dFuncOptions;
    using O2 = F::Conv2dFuncOptions;
    using O3 = F::Conv3dFuncOptions;
    return {
        plain("conv1d", c1),
        plain("conv1d stride 2 padding 1", of_1(O1().stride(2).padding(1))),
        plain("conv1d dilation 2 groups 2", of_1(O1().padding(2).dilation(2).groups(2))),
        plain("conv1d unbatched", c1),
        plain("conv1d same", of_1(O1().padding(kSame))),
        plain("conv1d valid", of_1(O1().stride(2).padding(kValid))),
        plain("conv1d long", of_1(O1().padding(3))),
        plain("conv2d", c2),
        plain("conv2d strides and paddings", of_2(O2().stride({2, 1}).padding({1, 2}))),
        plain("conv2d stride 3", of_2(O2().stride(3).padding(1))),
        plain("conv2d dilations", of_2(O2().padding({0, 1}).dilation({2, 3}))),
        plain("conv2d stride and dilation", of_2(O2().stride(2).padding(2).dilation(3))),
        plain("conv2d groups", of_2(O2().padding(1).groups(2))),
        plain("conv2d depthwise", of_2(O2().padding(1).groups(3))),
        plain("conv2d 1x1", c2),
        plain("conv2d 1x1 stride 2", of_2(O2().stride(2))),
        plain("conv2d of the whole image", c2),
        plain("conv2d unbatched", of_2(O2().padding(1))),
        plain("conv2d same", of_2(O2().padding(kSame).dilation({1, 2}))),
        plain("conv2d many channels", c2),
        plain("conv3d", of_3(O3().stride({1, 2, 1}).padding({1, 0, 1}))),
        plain("conv3d groups and dilation", of_3(O3().groups(2).dilation({2, 1, 1}))),
    };
}

Cases transposed_convolutions() {
    const auto of_1 = [](const F::ConvTranspose1dFuncOptions& o) { return of(F::conv_transpose1d, o); };
    const auto of_2 = [](const F::ConvTranspose2dFuncOptions& o) { return of(F::conv_transpose2d, o); };
    const auto of_3 = [](const F::ConvTranspose3dFuncOptions& o) { return of(F::conv_transpose3d, o); };
    using O1 = F::ConvTranspose1dFuncOptions;
    using O2 = F::ConvTranspose2dFuncOptions;
    using O3 = F::ConvTranspose3dFuncOptions;
    return {
        plain("conv_transpose1d", of_1({})),
        plain("conv_transpose1d stride and output_padding", of_1(O1().stride(3).padding(1).output_padding(2))),
        plain("conv_transpose1d kernel below the stride", of_1(O1().stride(3))),
        plain("conv_transpose2d", of_2(O2().stride(2).padding(1).output_padding({1, 0}))),
        plain("conv_transpose2d groups", of_2(O2().groups(2).padding(1))),
        plain("conv_transpose2d stride and dilation",
              of_2(O2().stride({2, 3}).padding({1, 2}).dilation({3, 2}).output_padding({2, 1}))),
        plain("conv_transpose2d of one element", of_2({})),
        plain("conv_transpose2d unbatched", of_2(O2().stride(2))),
        plain("conv_transpose3d", of_3(O3().stride({1, 2, 1}).padding({0, 1, 1}))),
    };
}

Cases other_functions() {
    const auto one = [](const char* name, std::function<Tensor(const TensorList&)> call) {
        return reference::Case{name, [call](const TensorList& x) { return TensorList{call(x)}; }};
    };
    const auto options = F::UnfoldFuncOptions({2, 3}).dilation({2, 1}).padding({1, 2}).stride({1, 2});
    const auto fold_options = F::FoldFuncOptions({4, 5}, {2, 3}).dilation({2, 1}).padding({1, 2}).stride({1, 2});
    return {
        one("convolution",
            [](const TensorList& x) {
                return convolution(x[0], x[1], x[2], {2, 1}, {1, 0}, 1, false, 0, 1);
            }),
        one("convolution transposed",
            [](const TensorList& x) {
                return convolution(x[0], x[1], {}, {2, 2}, {1, 0}, {1, 1}, true, {1, 0}, 2);
            }),
        one("conv_tbc", [](const TensorList& x) { return conv_tbc(x[0], x[1], x[2], 1); }),
        one("conv2d of integers", [](const TensorList& x) { return conv2d(x[0], x[1], {}, 2); }),
        one("conv_transpose2d of integers", [](const TensorList& x) { return conv_transpose2d(x[0], x[1]); }),
        one("unfold",
            [](const TensorList& x) {
                return F::unfold(x[0], F::UnfoldFuncOptions({2, 3}));
            }),
        one("unfold with options", [=](const TensorList& x) { return F::unfold(x[0], options); }),
        one("unfold unbatched", [](const TensorList& x) { return F::unfold(x[0], F::UnfoldFuncOptions(2)); }),
        one("fold",
            [](const TensorList& x) {
                return F::fold(x[0], F::FoldFuncOptions({4, 5}, {2, 3}));
            }),
        one("fold with options", [=](const TensorList& x) { return F::fold(x[0], fold_options); }),
        one("fold unbatched", [](const TensorList& x) { return F::fold(x[0], F::FoldFuncOptions(3, 2)); }),
    };
}

}  // namespace

TEST_CASE("convolutions agree with PyTorch") {
    Cases all;
    for (const Cases& some : {convolutions(), transposed_convolutions(), other_functions()})
        all.insert(all.end(), some.begin(), some.end());
    reference::check("convolution", all);
}
