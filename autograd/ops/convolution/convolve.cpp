#include <xgrad/autograd/ops/convolution/convolution_plan.h>
#include <xgrad/autograd/parallel.h>

namespace xgrad::ops {

namespace {

/// The weights of a part as a matrix, (target channels, source channels * taps) for each group.
template <class T>
struct PartWeights {
    const T* data;
    std::int64_t columns;
};

/// Rows of results that are computed at once: what the largest tile of the kernels holds.
constexpr std::int64_t kRowsAtOnce = 8;

/// target = the sums of all parts + bias.
template <class T>
void run(const Plan& plan, const ConvolutionShape& shape, std::int64_t source_channels, std::int64_t target_channels,
         std::int64_t images, const T* source, const PoolVector<PartWeights<T>>& weights, const T* bias, T* target) {
    const std::int64_t groups = shape.groups, source_plane = product(plan.source), target_plane = product(plan.target);
    // Few images are divided further, so that every thread has its share. Results do not depend on it.
    std::int64_t limit = packed_limit<T>();
    Boxes boxes(plan, source_channels, limit);
    const std::int64_t image_work = product(shape.narrow) * product(shape.kernel) * source_channels * target_channels;
    while (images * groups * boxes.count() < 2 * get_num_threads() && get_num_threads() > 1 &&
           image_work / boxes.count() > 8 * kParallelWork && limit > source_channels * kLaneElements)
        boxes = Boxes(plan, source_channels, limit /= 2);
    const std::int64_t work = std::max<std::int64_t>(image_work / boxes.count(), 1);
    detail::parallel_for(
        0, images * groups * boxes.count(), kParallelWork / work, [&](std::int64_t task, std::int64_t end) {
            const Box largest = boxes.box(plan, 0);
            const std::int64_t results_stride = divide_up(largest.columns(), kLaneElements) * kLaneElements;
            const Tensor packed = scratch<T>(largest.channel_stride * source_channels);
            const Tensor results = scratch<T>(results_stride * kRowsAtOnce);
            PoolVector<PoolVector<std::int64_t>> offsets;
            Triple offsets_of_count = {-1, -1, -1};
            for (; task < end; ++task) {
                const std::int64_t group = task / boxes.count() % groups, image = task / boxes.count() / groups;
                const Box box = boxes.box(plan, task % boxes.count());
                if (box.count != offsets_of_count) {
                    offsets.clear();
                    for (const Part& part : plan.parts) offsets.push_back(offsets_of(part, box, source_channels));
                    offsets_of_count = box.count;
                }
                const T* from = source + (image * groups + group) * source_channels * source_plane;
                pack(plan, box, from, source_channels, packed.data_ptr<T>());
                for (std::size_t i = 0; i < plan.parts.size(); ++i) {
                    const PartWeights<T>& w = weights[i];
                    const std::int64_t blocks = divide_up(target_channels, kRowsAtOnce);
                    for (std::int64_t block = 0, row = 0; block < blocks; ++block) {
                        const std::int64_t next = (block + 1) * target_channels / blocks;
                        const std::int64_t channel = group * target_channels + row;
                        kernels_of<T>().product({next - row, box.columns(), w.columns, w.data + channel * w.columns,
                                                 w.columns, packed.data_ptr<T>(), offsets[i].data(),
                                                 bias ? bias + channel : nullptr, results.data_ptr<T>(),
                                                 results_stride});
                        unpack(plan, plan.parts[i], box, results.data_ptr<T>(), results_stride, next - row,
                               target + (image * groups * target_channels + channel) * target_plane);
                        row = next;
                    }
                }
            }
        });
}

}  // namespace

void convolve(const ConvolutionShape& unflattened, const Tensor& wide, const Tensor& weight, const Tensor& bias,
              const Tensor& narrow) {
    const ConvolutionShape shape = flattened(unflattened);
    const Plan plan = gather_plan(shape);
    visit_float(wide.dtype(), [&]<class T>(T) {
        // The weight as it is: its rows run over channels and taps.
        const PoolVector<PartWeights<T>> weights = {
            {weight.data_ptr<T>(), shape.wide_channels * product(shape.kernel)}};
        run<T>(plan, shape, shape.wide_channels, shape.narrow_channels, wide.size(0), wide.data_ptr<T>(), weights,
               bias.defined() ? bias.data_ptr<T>() : nullptr, narrow.data_ptr<T>());
    });
}

void convolve_transposed(const ConvolutionShape& unflattened, const Tensor& narrow, const Tensor& weight,
                         const Tensor& bias, const Tensor& wide) {
    const ConvolutionShape shape = flattened(unflattened);
    const Plan plan = spread_plan(shape);
    const std::int64_t kernel = product(shape.kernel), rows = shape.groups * shape.wide_channels;
    visit_float(narrow.dtype(), [&]<class T>(T) {
        const Tensor mirrored = scratch<T>(weight.numel());
        PoolVector<PartWeights<T>> weights;
        T* to = mirrored.data_ptr<T>();
        for (const Part& part : plan.parts) {
            const auto taps = static_cast<std::int64_t>(part.taps.size());
            const std::int64_t columns = shape.narrow_channels * taps;
            detail::parallel_for(0, rows, kParallelWork / std::max<std::int64_t>(columns, 1), [&](auto row, auto end) {
                for (; row < end; ++row) {
                    const std::int64_t group = row / shape.wide_channels, channel = row % shape.wide_channels;
                    const T* from =
                        weight.data_ptr<T>() + (group * shape.narrow_channels * shape.wide_channels + channel) * kernel;
                    T* out = to + row * columns;
                    for (std::int64_t o = 0; o < shape.narrow_channels; ++o, from += shape.wide_channels * kernel)
                        for (const Tap& tap : part.taps) *out++ = from[tap.weight];
                }
            });
            weights.push_back({to, columns});
            to += rows * columns;
        }
        run<T>(plan, shape, shape.narrow_channels, shape.wide_channels, narrow.size(0), narrow.data_ptr<T>(), weights,
               bias.defined() ? bias.data_ptr<T>() : nullptr, wide.data_ptr<T>());
    });
}

}  // namespace xgrad::ops
