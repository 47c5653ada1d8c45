#include "data.h"

#include <cmath>
#include <random>

namespace benchmarks {

using torch::Tensor;

namespace {

/// [0, 1). Not std::uniform_real_distribution, which standard libraries may implement as they like.
float next() {
    static std::mt19937 generator(20);
    return static_cast<float>(generator() >> 8) * 0x1p-24f;
}

}  // namespace

Tensor uniform(const std::vector<std::int64_t>& sizes, float low, float high) {
    Tensor tensor = torch::empty(sizes);
    float* data = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) data[i] = low + (high - low) * next();
    return tensor;
}

Tensor labels(std::int64_t count, std::int64_t classes) {
    Tensor tensor = torch::empty({count}, torch::kInt64);
    std::int64_t* data = tensor.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i) data[i] = static_cast<std::int64_t>(next() * static_cast<float>(classes));
    return tensor;
}

void initialise(const std::vector<Tensor>& parameters) {
    const torch::NoGradGuard no_grad;
    for (Tensor parameter : parameters) {
        const float bound = 1 / std::sqrt(static_cast<float>(parameter.size(-1)));
        parameter.copy_(uniform(parameter.sizes().vec(), -bound, bound));
    }
}

}  // namespace benchmarks
