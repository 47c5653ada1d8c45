#pragma once

#include <cstdint>
#include <vector>

#include "backend.h"

namespace benchmarks {

/// Numbers uniform in [low, high). They come from a generator outside the libraries, so that both compute with the
/// same.
torch::Tensor uniform(const std::vector<std::int64_t>& sizes, float low = -1, float high = 1);

/// `count` integers from 0 to classes - 1.
torch::Tensor labels(std::int64_t count, std::int64_t classes);

/// Draws every parameter uniform in +-1/sqrt(n), n the size of the last dimension.
void initialise(const std::vector<torch::Tensor>& parameters);

}  // namespace benchmarks
