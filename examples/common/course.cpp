#include "course.h"

namespace examples::course {

using xgrad::Tensor;
using xgrad::data::datasets::MNIST;
using xgrad::data::datasets::TensorDataset;

Data load_data() {
    constexpr std::int64_t kTraining = 20'000;
    const MNIST training(MNIST::Mode::kTrain);
    const MNIST validation(MNIST::Mode::kTest);
    return {{training.images_uint8().slice(0, 0, kTraining).flatten(1), training.targets().slice(0, 0, kTraining)},
            {validation.images_uint8().flatten(1), validation.targets()}};
}

Data only(const Data& data, int one, int zero) {
    const auto pick = [&](const Images& images) {
        const Tensor chosen = ((images.labels - one) * (images.labels - zero)).eq(0);
        return Images{images.pixels.index({chosen}), images.labels.index({chosen}).eq(one).to(xgrad::kInt64)};
    };
    return {pick(data.training), pick(data.validation)};
}

Splits splits(const Data& data, const Preprocess& preprocess, Bias bias, std::int64_t probe) {
    const auto inputs = [&](const Images& images) {
        const Tensor rows = preprocess(images.pixels.to(xgrad::get_default_dtype()));
        return bias == Bias::kColumn ? xgrad::cat({rows, xgrad::ones({rows.size(0), 1})}, 1) : rows;
    };
    const TensorDataset training(inputs(data.training), data.training.labels);
    return {training, probe == 0 ? training : first(training, probe),
            TensorDataset(inputs(data.validation), data.validation.labels)};
}

TensorDataset first(const TensorDataset& all, std::int64_t rows) {
    return TensorDataset(all.data().slice(0, 0, rows), all.targets().slice(0, 0, rows));
}

}  // namespace examples::course
