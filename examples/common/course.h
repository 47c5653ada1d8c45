#pragma once

#include <functional>

#include "training.h"

/// The data of the course: both assignments use 20,000 images of MNIST to train and its 10,000 test images to validate.
namespace examples::course {

inline constexpr std::int64_t kPixels = 28 * 28;

/// Where the bias of a layer comes from.
enum class Bias {
    kColumn,  // a column of ones appended to the input of the network; no layer has a bias of its own
    kLayers,  // every layer has one
};

struct Images {
    xgrad::Tensor pixels;  // uint8 (N, 784)
    xgrad::Tensor labels;  // int64 (N)
};

struct Data {
    Images training;
    Images validation;
};

/// All ten digits.
Data load_data();

/// Only the images of two digits, in their order; the label is 1 for `one` and 0 for `zero`.
Data only(const Data& data, int one, int zero);

/// What becomes of pixels (N, 784) of the default dtype.
using Preprocess = std::function<xgrad::Tensor(const xgrad::Tensor& pixels)>;

/// Preprocessed images, with the column of ones if that is the bias. The training accuracy is measured on the first
/// `probe` training images, all if 0.
Splits splits(const Data& data, const Preprocess& preprocess, Bias bias, std::int64_t probe = 0);

/// The first `rows` of a data set.
xgrad::data::datasets::TensorDataset first(const xgrad::data::datasets::TensorDataset& all, std::int64_t rows);

}  // namespace examples::course
