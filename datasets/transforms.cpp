#include <xgrad/autograd/error.h>
#include <xgrad/datasets/transforms.h>

#include <algorithm>

namespace xgrad::data::transforms::detail {

namespace {

Tensor channels(ArrayRef<double> values) {
    return tensor(values.vec(), kFloat64).view({static_cast<std::int64_t>(values.size()), 1, 1});
}

}  // namespace

ChannelStatistics::ChannelStatistics(ArrayRef<double> mean, ArrayRef<double> stddev) {
    if (mean.empty() || mean.size() != stddev.size()) {
        raise<ValueError>("Normalize", "got ", mean.size(), " means and ", stddev.size(),
                          " standard deviations: must be as many, and at least one");
    }
    if (std::ranges::count(stddev, 0.0) != 0) raise<ValueError>("Normalize", "a standard deviation must not be 0");
    mean_ = channels(mean);
    stddev_ = channels(stddev);
}

Tensor ChannelStatistics::normalize(const Tensor& input) const {
    // A number keeps the shape of data that are no images.
    if (mean_.numel() == 1) return input.sub(mean_.item()).div_(stddev_.item());
    return input.sub(mean_.to(input.dtype())).div_(stddev_.to(input.dtype()));
}

}  // namespace xgrad::data::transforms::detail
