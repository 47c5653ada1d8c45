#pragma once

#include <memory>
#include <optional>
#include <string>

#include <xgrad/datasets/dataset.h>

namespace xgrad::data::datasets {

/// The MNIST database of handwritten digits (LeCun and Cortes): 60,000 images for training, 10,000 for testing, 28 x 28
/// grey values each. The library brings its own copy.
class MNIST : public BatchDataset<MNIST, Example<>> {
  public:
    /// Which of the two parts.
    enum class Mode { kTrain, kTest };
    using ExampleType = Example<>;

    /// Reads `train-images-idx3-ubyte` and `train-labels-idx1-ubyte` or `t10k-...` from the folder `root`, as they are
    /// or with gzip and the ending `.gz`. Throws FileError that names the file, the offset and what was expected there.
    explicit MNIST(const std::string& root, Mode mode = Mode::kTrain);
    /// Reads the copy that comes with the library: from the folder `mnist` in the folder that the environment variable
    /// XGRAD_DATA names, if it is set, else from where these headers are, in the source tree or installed.
    explicit MNIST(Mode mode = Mode::kTrain) : MNIST(embedded_folder(__FILE__), mode) {}

    bool is_train() const noexcept { return mode_ == Mode::kTrain; }
    /// All images: float32 in [0, 1], (N, 1, 28, 28). Made at the first call, four times as large as images_uint8().
    const Tensor& images() const;
    /// All images as the files have them: uint8, (N, 28, 28).
    const Tensor& images_uint8() const { return pixels_; }
    /// All labels: int64 from 0 to 9, (N).
    const Tensor& targets() const { return targets_; }

    /// Image `index`, (1, 28, 28), and its label.
    Example<> get(std::size_t index) const;
    /// Images (B, 1, 28, 28) and labels (B), in one gather.
    Example<> get_batch(ArrayRef<std::size_t> indices) override;
    std::optional<std::size_t> size() const override;

  private:
    struct ScaledImages;

    static std::string embedded_folder(const std::string& header);

    Mode mode_;
    Tensor pixels_;
    Tensor targets_;
    std::shared_ptr<ScaledImages> scaled_;  // shared by copies
};

}  // namespace xgrad::data::datasets
