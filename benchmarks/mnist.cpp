#include "mnist.h"

#include <zlib.h>

#include <stdexcept>
#include <string>

namespace benchmarks {

namespace {

/// `size` bytes of a file of MNIST after its header.
std::vector<unsigned char> read(const std::string& name, std::size_t header, std::size_t size) {
    const std::string path = std::string(BENCHMARK_MNIST) + '/' + name;
    std::vector<unsigned char> bytes(header + size);
    gzFile file = gzopen(path.c_str(), "rb");
    const int got = file ? gzread(file, bytes.data(), static_cast<unsigned>(bytes.size())) : 0;
    if (file) gzclose(file);
    if (got != static_cast<int>(bytes.size())) throw std::runtime_error("cannot read " + path);
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
    return bytes;
}

}  // namespace

Mnist read_mnist(std::size_t count) {
    constexpr float kMean = 0.1307f, kDeviation = 0.3081f;
    Mnist mnist;
    for (const unsigned char value : read("train-images-idx3-ubyte.gz", 16, count * 784))
        mnist.images.push_back((static_cast<float>(value) / 255 - kMean) / kDeviation);
    for (const unsigned char value : read("train-labels-idx1-ubyte.gz", 8, count)) mnist.labels.push_back(value);
    return mnist;
}

}  // namespace benchmarks
