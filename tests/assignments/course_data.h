#pragma once

#include <xgrad/autograd/functions.h>
#include <xgrad/datasets/mnist.h>

/// Images as the assignments prepare them: rows of 784 pixels and a 1 that carries the bias.
namespace assignments {

struct Images {
    xgrad::Tensor x;       // float64, (N, 785)
    xgrad::Tensor labels;  // int64, (N)
};

/// What each assignment does to the grey values from 0 to 255.
enum class Scaling {
    kToPlusMinusOne,  // assignment 1
    kNormalised       // assignment 2: by mean and standard deviation of the first 20,000 images
};

inline const xgrad::data::datasets::MNIST& training_images() {
    static const xgrad::data::datasets::MNIST mnist;
    return mnist;
}

inline Images prepared(const xgrad::Tensor& pixels, const xgrad::Tensor& labels, Scaling scaling) {
    const xgrad::Tensor grey = pixels.to(xgrad::kFloat64).flatten(1);
    const xgrad::Tensor scaled =
        scaling == Scaling::kToPlusMinusOne ? grey / 127.5 - 1 : (grey - 33.55274553571429) / 78.87550070784701;
    return {xgrad::cat({scaled, xgrad::ones({grey.size(0), 1}, xgrad::kFloat64)}, 1), labels};
}

/// The first `n` images of the training file.
inline Images first_images(std::int64_t n, Scaling scaling) {
    return prepared(training_images().images_uint8().narrow(0, 0, n), training_images().targets().narrow(0, 0, n),
                    scaling);
}

/// The first `n` twos and threes; labels are 1 for a two.
inline Images first_twos_and_threes(std::int64_t n) {
    const std::int64_t* const digits = training_images().targets().data_ptr<std::int64_t>();
    std::vector<std::int64_t> found;
    for (std::int64_t i = 0; static_cast<std::int64_t>(found.size()) < n; ++i)
        if (digits[i] == 2 || digits[i] == 3) found.push_back(i);
    const xgrad::Tensor index = xgrad::tensor(found);
    return prepared(training_images().images_uint8().index_select(0, index),
                    training_images().targets().index_select(0, index).eq(2).to(xgrad::kInt64),
                    Scaling::kToPlusMinusOne);
}

}  // namespace assignments
