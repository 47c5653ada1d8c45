#include "samples.h"

#include <xgrad/nn/functional/pooling.h>

using namespace xgrad;
namespace F = xgrad::nn::functional;

namespace samples {

std::vector<Sample> max_pool_samples() {
    const auto places = [] { return tensor({{{3, 0, 5}}}); };
    return {
        {"max_pool_with_indices", [](const TensorList& x) { return max_pool1d(x[0], 2).square(); }, {{2, 1, 5}}},
        {"max_pool_with_indices",
         [](const TensorList& x) { return max_pool1d(x[0], 3, 1, 1, 1, true).square(); },
         {{2, 4}}},
        {"max_pool_with_indices", [](const TensorList& x) { return max_pool2d(x[0], 2).square(); }, {{1, 2, 4, 5}}},
        {"max_pool_with_indices",
         [](const TensorList& x) {
             return max_pool2d(x[0], {3, 2}, {2, 1}, {1, 0}, {1, 2}).square();
         },
         {{2, 4, 5}}},
        {"max_pool_with_indices", [](const TensorList& x) { return max_pool2d(x[0], 2); }, {{0, 1, 4, 4}}},
        {"max_pool_with_indices", [](const TensorList& x) { return max_pool3d(x[0], 2, 1).square(); }, {{1, 2, 3, 3}}},
        {"max_pool_with_indices",
         [](const TensorList& x) { return std::get<0>(adaptive_max_pool1d(x[0], 3)).square(); },
         {{1, 2, 5}}},
        {"max_pool_with_indices",
         [](const TensorList& x) {
             return std::get<0>(adaptive_max_pool2d(x[0], {2, 0}));
         },
         {{1, 3, 3}}},
        {"max_pool_backward", [](const TensorList& x) { return max_pool2d(x[0], 2, 1).exp(); }, {{1, 3, 3}}},
        {"max_pool_gather", [](const TensorList& x) { return max_pool2d(x[0], 2, 1).sin(); }, {{1, 3, 2}}},
        {"max_unpool",
         [=](const TensorList& x) { return F::max_unpool1d(x[0], places(), F::MaxUnpool1dFuncOptions(2)).square(); },
         {{1, 1, 3}}},
    };
}

std::vector<WrongInput> max_pool_wrong() {
    static const Tensor x = zeros({1, 1, 4, 4}), y = zeros({1, 1, 2, 2}), places = zeros({1, 1, 2, 2}, kInt64);
    return {
        {"max_pool2d", [] { max_pool2d(zeros({4}), 2); }, "Expected 3D or 4D (batch mode) tensor for input"},
        {"max_pool2d",
         [] {
             max_pool2d(zeros({1, 0, 4, 4}), 2);
         },
         "non-zero size for non-batch dimensions"},
        {"max_pool2d", [] { max_pool2d(x, 0); }, "kernel size should be greater than zero"},
        {"max_pool2d", [] { max_pool2d(x, 2, 0); }, "stride should not be zero"},
        {"max_pool2d", [] { max_pool2d(x, 2, -1); }, "stride should be greater than zero"},
        {"max_pool2d", [] { max_pool2d(x, 2, 1, 0, 0); }, "dilation should be greater than zero"},
        {"max_pool2d", [] { max_pool2d(x, 2, 1, 2); }, "pad should be at most half of effective kernel size"},
        {"max_pool2d", [] { max_pool2d(x, 2, 1, -1); }, "pad must be non-negative, but got pad: "},
        {"max_pool2d", [] { max_pool2d(x, 5); }, "Calculated output size: [0, 0]. Output size is too small"},
        {"max_pool2d",
         [] {
             max_pool2d(x, {1, 2, 3});
         },
         "kernel_size must either be a single int, or a list of 2"},
        {"max_pool2d", [] { max_pool2d(x.to(kBool), 2); }, "not implemented for 'Bool'"},
        {"max_pool1d", [] { max_pool1d(x, 2); }, "Expected 2D or 3D"},
        {"max_pool3d",
         [] {
             max_pool3d(zeros({1, 4, 4}), 2);
         },
         "Expected 4D or 5D"},
        {"adaptive_max_pool2d", [] { adaptive_max_pool2d(x, -1); }, "must be greater than or equal to 0"},
        {"adaptive_max_pool1d",
         [] {
             adaptive_max_pool1d(zeros({1, 4}), {2, 3});
         },
         "output_size must either be a single int"},
        {"max_unpool2d",
         [] {
             max_unpool2d(y, places.to(kInt32), {4, 4});
         },
         "should be type int64 but got: Int"},
        {"max_unpool2d",
         [] {
             max_unpool2d(y, places + 16, {4, 4});
         },
         "Found an invalid max index: 16 (output volumes are of size [4, 4])"},
        {"max_unpool2d",
         [] {
             max_unpool2d(y, places.narrow(2, 0, 1), {4, 4});
         },
         "Expected shape of indices to be same as that of the input tensor"},
        {"max_unpool2d", [] { max_unpool2d(y, places, 4); }, "exactly 2 elements"},
        {"max_unpool2d",
         [] {
             F::max_unpool2d(y, places, F::MaxUnpool2dFuncOptions(2).output_size(std::vector<std::int64_t>{9, 9}));
         },
         "invalid output_size [9, 9] (dim 0 must be between 2 and 6)"},
        {"max_unpool2d",
         [] {
             F::max_unpool2d(y, places, F::MaxUnpool2dFuncOptions(2).output_size(std::vector<std::int64_t>{9, 9, 9}));
         },
         "output_size should be a sequence containing 2 or 4 elements"},
        {"max_unpool3d",
         [] {
             max_unpool3d(zeros({1, 1, 1, 1}), zeros({1, 1, 1, 1}, kInt64), {2, 2, 2}, {0, 1, 1}, {0, 0, 0});
         },
         "strides should be greater than zero"},
    };
}

std::vector<Sample> avg_pool_samples() {
    return {
        {"avg_pool", [](const TensorList& x) { return avg_pool1d(x[0], 2).square(); }, {{2, 1, 5}}},
        {"avg_pool",
         [](const TensorList& x) {
             return avg_pool2d(x[0], {3, 2}, {2, 1}, {1, 0}, true, false).square();
         },
         {{2, 4, 3}}},
        {"avg_pool", [](const TensorList& x) { return avg_pool2d(x[0], 2, 1, 1, false, true, 3); }, {{1, 2, 2, 3}}},
        {"avg_pool", [](const TensorList& x) { return avg_pool2d(x[0], 2); }, {{0, 1, 4, 4}}},
        {"avg_pool", [](const TensorList& x) { return avg_pool3d(x[0], 2, 1).square(); }, {{1, 2, 3, 2}}},
        {"avg_pool", [](const TensorList& x) { return adaptive_avg_pool1d(x[0], 3).square(); }, {{1, 2, 5}}},
        {"avg_pool",
         [](const TensorList& x) {
             return adaptive_avg_pool2d(x[0], {2, 4}).square();
         },
         {{1, 3, 3}}},
        {"avg_pool", [](const TensorList& x) { return adaptive_avg_pool2d(x[0], 1).square(); }, {{1, 2, 3, 3}}},
        {"avg_pool", [](const TensorList& x) { return adaptive_avg_pool2d(x[0], 0); }, {{1, 2, 3, 3}}},
        {"avg_pool_backward", [](const TensorList& x) { return avg_pool2d(x[0], 2, 1).exp(); }, {{1, 3, 3}}},
    };
}

std::vector<WrongInput> avg_pool_wrong() {
    static const Tensor x = zeros({1, 1, 4, 4});
    return {
        {"avg_pool2d", [] { avg_pool2d(x, 2, 1, 0, false, true, 0); }, "divisor must be not zero"},
        {"avg_pool2d", [] { avg_pool2d(x, 2, 1, 2); }, "pad should be at most half of effective kernel size"},
        {"avg_pool2d", [] { avg_pool2d(x.to(kInt32), 2); }, "Int"},
        {"avg_pool1d", [] { avg_pool1d(x, 2); }, "Expected 2D or 3D"},
        {"avg_pool3d",
         [] {
             avg_pool3d(zeros({1, 4, 4, 4}), 5);
         },
         "Output size is too small"},
        {"adaptive_avg_pool2d",
         [] {
             adaptive_avg_pool2d(zeros({1, 1, 0, 4}), 2);
         },
         "dimension 2 being empty"},
        {"adaptive_avg_pool2d", [] { adaptive_avg_pool2d(x, -1); }, "must be greater than or equal to 0"},
        {"adaptive_avg_pool2d", [] { adaptive_avg_pool2d(x.to(kInt64), 2); }, "Long"},
    };
}

}  // namespace samples
