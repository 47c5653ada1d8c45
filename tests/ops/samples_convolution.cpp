#include "samples.h"

using namespace xgrad;

namespace samples {

std::vector<Sample> convolution_samples() {
    const auto conv = [](std::size_t dims, IntArrayRef s, IntArrayRef p, IntArrayRef d, std::int64_t groups) {
        using detail::Dims;
        return [=, stride = Dims(s), padding = Dims(p), dilation = Dims(d)](const TensorList& x) {
            const Tensor bias = x.size() > 2 ? x[2] : Tensor();
            if (dims == 1) return conv1d(x[0], x[1], bias, stride, padding, dilation, groups);
            if (dims == 2) return conv2d(x[0], x[1], bias, stride, padding, dilation, groups);
            return conv3d(x[0], x[1], bias, stride, padding, dilation, groups);
        };
    };
    const auto transposed = [](std::size_t dims, IntArrayRef s, IntArrayRef p, std::int64_t groups) {
        using detail::Dims;
        return [=, stride = Dims(s), padding = Dims(p)](const TensorList& x) {
            const Tensor bias = x.size() > 2 ? x[2] : Tensor();
            if (dims == 1) return conv_transpose1d(x[0], x[1], bias, stride, padding, 0, groups);
            return conv_transpose2d(x[0], x[1], bias, stride, padding, 0, groups);
        };
    };
    return {
        {"convolution", conv(1, 1, 0, 1, 1), {{2, 1, 5}, {2, 1, 3}, {2}}},
        {"convolution", conv(1, 2, 1, 2, 2), {{1, 2, 6}, {2, 1, 2}}},
        {"convolution", conv(1, 1, 0, 1, 1), {{2, 4}, {1, 2, 2}}},
        {"convolution", conv(2, 1, 1, 1, 1), {{2, 2, 3, 2}, {2, 2, 2, 2}, {2}}},
        {"convolution", conv(2, {2, 1}, {1, 0}, 1, 2), {{1, 2, 3, 3}, {2, 1, 2, 2}, {2}}},
        {"convolution", conv(2, 1, 0, 1, 1), {{1, 2, 2, 3}, {3, 2, 1, 1}}},
        {"convolution", conv(2, 1, 0, 1, 1), {{2, 2, 2, 2}, {3, 2, 2, 2}, {3}}},
        {"convolution", conv(2, 1, 0, 1, 1), {{0, 1, 3, 3}, {1, 1, 2, 2}}},
        {"convolution", conv(3, 1, 0, 1, 1), {{1, 1, 2, 2, 3}, {1, 1, 2, 1, 2}, {1}}},
        {"conv_transpose", transposed(1, 2, 1, 1), {{1, 2, 3}, {2, 1, 3}, {1}}},
        {"conv_transpose", transposed(2, 2, 0, 1), {{1, 1, 2, 2}, {1, 2, 2, 3}, {2}}},
        {"conv_transpose", transposed(2, 1, 1, 2), {{1, 2, 2, 3}, {2, 1, 2, 3}}},
        {"conv_transpose", transposed(2, 1, 0, 1), {{2, 2, 1, 1}, {2, 1, 2, 2}}},
        {"convolution_weight",
         [](const TensorList& x) {
             // Squared, so that the gradient goes through that of the weight.
             return conv2d(x[0], x[1], {}, 1, 1).square();
         },
         {{1, 1, 2, 2}, {1, 1, 2, 3}}},
        {"convolution_weight",
         [](const TensorList& x) {
             return std::get<1>(convolution_backward(x[0], x[1], zeros({2, 1, 2}, x[0].dtype()), {}, {2}, {1}, {1},
                                                     false, {0}, 1, {false, true, false}));
         },
         {{2, 2, 2}, {2, 1, 3}}},
        {"convolution", [](const TensorList& x) { return conv_tbc(x[0], x[1], x[2], 1); }, {{3, 1, 2}, {2, 2, 1}, {1}}},
    };
}

std::vector<WrongInput> convolution_wrong() {
    static const Tensor x = zeros({1, 2, 3, 4}), w = zeros({2, 2, 2, 2}), line = zeros({1, 2, 4});
    return {
        {"conv2d",
         [] {
             conv2d(zeros({3, 3}), w);
         },
         "Expected 3D (unbatched) or 4D (batched) input to conv2d"},
        {"conv2d",
         [] {
             conv2d(x, zeros({1, 2, 2}));
         },
         "Expected 4-dimensional weight"},
        {"conv2d",
         [] {
             conv2d(zeros({1, 3, 3, 3}), w);
         },
         "Given groups=1, weight of size [2, 2, 2, 2], expected input[1, 3, 3, 3] to have 2 channels, but got 3"},
        {"conv2d",
         [] {
             conv2d(x, zeros({2, 2, 4, 2}));
         },
         "Calculated padded input size per channel: (3 x 4). Kernel size: (4 x 2). Kernel size can't be greater than "
         "actual input size"},
        {"conv2d",
         [] {
             conv2d(zeros({1, 2, 0, 4}), w, {}, 1, 1);
         },
         "Kernel size can't be greater than"},
        {"conv2d",
         [] {
             conv2d(x, zeros({2, 2, 0, 2}));
         },
         "kernel size should be greater than zero"},
        {"conv2d", [] { conv2d(x, w, {}, 0); }, "non-positive stride is not supported"},
        {"conv2d", [] { conv2d(x, w, {}, 1, -1); }, "negative padding is not supported"},
        {"conv2d", [] { conv2d(x, w, {}, 1, 0, 0); }, "dilation should be greater than zero"},
        {"conv2d", [] { conv2d(x, w, {}, 1, 0, 1, 0); }, "non-positive groups is not supported"},
        {"conv2d",
         [] {
             conv2d(x, zeros({1, 1, 2, 2}), {}, 1, 0, 1, 2);
         },
         "expected weight to be at least 2"},
        {"conv2d",
         [] {
             conv2d(x, zeros({3, 1, 2, 2}), {}, 1, 0, 1, 2);
         },
         "expected weight to be divisible by 2"},
        {"conv2d", [] { conv2d(x, w, zeros({3})); }, "expected bias to be 1-dimensional with 2 elements"},
        {"conv2d",
         [] {
             conv2d(x, w, {}, {1, 1, 1});
         },
         "expected stride to be a single integer value or a list of 2 values"},
        {"conv2d", [] { conv2d(x, w.to(kFloat64)); }, "should be the same"},
        {"conv2d", [] { conv2d(x, w, zeros({2}, kFloat64)); }, "bias type (Double) should be the same"},
        {"conv2d", [] { conv2d(x.to(kBool), w.to(kBool)); }, "not implemented for 'Bool'"},
        {"conv2d", [] { conv2d(x, w, {}, 2, "same"); }, "padding='same' is not supported for strided convolutions"},
        {"conv2d", [] { conv2d(x, w, {}, 1, "full"); }, "Invalid padding string: 'full'"},
        {"conv2d", [] { conv2d(Tensor(), w); }, "undefined"},
        {"conv1d",
         [] {
             conv1d(line, zeros({1, 2, 5}));
         },
         "Kernel size can't be greater than actual input size"},
        {"conv3d",
         [] {
             conv3d(line, zeros({1, 2, 5}));
         },
         "Expected 4D (unbatched) or 5D (batched) input to conv3d"},
        {"conv_transpose2d",
         [] {
             conv_transpose2d(x, zeros({1, 1, 2, 2}));
         },
         "Given transposed=1, weight of size [1, 1, 2, 2], expected input[1, 2, 3, 4] to have 1 channels, but got 2"},
        {"conv_transpose2d", [] { conv_transpose2d(x, w, {}, 1, 0, 1); },
         "output padding must be smaller than either stride or dilation"},
        {"conv_transpose2d", [] { conv_transpose2d(x, w, {}, 1, 0, -1); }, "negative output_padding is not supported"},
        {"conv_transpose2d", [] { conv_transpose2d(x, w, {}, 1, 4); }, "Output size is too small"},
        {"conv_transpose1d",
         [] {
             conv_transpose1d(line, zeros({2, 1, 2}), zeros({2}));
         },
         "with 1 elements"},
        {"convolution", [] { convolution(line, w, {}, 1, 0, 1, false, 0, 1); },
         "Expected 4-dimensional input for 4-dimensional weight [2, 2, 2, 2], but got 3-dimensional"},
        {"convolution_backward",
         [] {
             convolution_backward(x, x, w, {}, 1, 0, 1, false, 0, 1, {true, true, true});
         },
         "expected grad_output of size [1, 2, 2, 3]"},
        {"conv_tbc", [] { conv_tbc(x, w, zeros({2})); }, "Input must have 3 dims"},
    };
}

std::vector<Sample> im2col_samples() {
    return {
        {"im2col",
         [](const TensorList& x) {
             return im2col(x[0], {2, 1}, {1, 2}, {1, 0}, {1, 2}).square();
         },
         {{2, 1, 3, 3}}},
        {"im2col", [](const TensorList& x) { return im2col(x[0], 2, 1, 0, 1); }, {{2, 2, 3}}},
        {"im2col", [](const TensorList& x) { return im2col(x[0], 2, 1, 0, 1); }, {{0, 2, 2, 2}}},
        {"col2im",
         [](const TensorList& x) {
             return col2im(x[0], {3, 2}, 2, 1, {1, 0}, {2, 1}).square();
         },
         {{1, 4, 2}}},
        {"col2im", [](const TensorList& x) { return col2im(x[0], 2, 1, 1, 0, 1); }, {{2, 4}}},
    };
}

std::vector<WrongInput> im2col_wrong() {
    static const Tensor x = zeros({1, 1, 3, 3});
    return {
        {"im2col", [] { im2col(x, 4, 1, 0, 1); },
         "calculated shape of the array of sliding blocks as [0, 0], but its components must be at least one"},
        {"im2col", [] { im2col(x, 2, 0, 0, 1); }, "dilation should be greater than zero"},
        {"im2col",
         [] {
             im2col(x, {1, 1, 1}, 1, 0, 1);
         },
         "kernel_size"},
        {"im2col", [] { im2col(zeros({3}), 1, 1, 0, 1); }, "Expected 3D or 4D"},
        {"im2col",
         [] {
             im2col(zeros({1, 3, 3}, kInt64), 1, 1, 0, 1);
         },
         "Long"},
        {"col2im",
         [] {
             col2im(zeros({1, 5, 4}), 3, 2, 1, 0, 1);
         },
         "Expected size of input's dimension 1 to be divisible by the product of kernel_size"},
        {"col2im",
         [] {
             col2im(zeros({1, 4, 5}), 3, 2, 1, 0, 1);
         },
         "expected size of input's dimension 2 to match the calculated number of sliding blocks 2 * 2 = 4"},
        {"col2im", [] { col2im(zeros({4}), 3, 2, 1, 0, 1); }, "Expected 2D or 3D"},
    };
}

}  // namespace samples
