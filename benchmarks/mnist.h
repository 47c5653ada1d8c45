#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace benchmarks {

struct Mnist {
    std::vector<float> images;  // 784 grey values each, of mean 0 and standard deviation 1
    std::vector<std::int64_t> labels;
};

/// The first images of the training set in the repository, read without either library.
/// Throws std::runtime_error when the files are not there.
Mnist read_mnist(std::size_t count);

}  // namespace benchmarks
