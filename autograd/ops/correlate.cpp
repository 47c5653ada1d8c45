#include <xgrad/autograd/ops/convolution_plan.h>
#include <xgrad/autograd/ops/fold.h>
#include <xgrad/autograd/parallel.h>

namespace xgrad::ops {

namespace {

/// The narrow side of one group and box for the kernel of dots: as it is, in rows, or packed as the wide side is, with
/// zeros between the rows.
template <class T>
struct NarrowRows {
    const T* data;
    std::int64_t stride;
    std::int64_t volumes, volume_step, x_volume_step;  // times the kernel is called, and what it goes on by
    std::int64_t segments, length, step, x_step;
};

/// Whether rows are so short that lanes across their ends are better.
template <class T>
bool worth_packing(const Box& box) {
    constexpr std::int64_t kLane = 64 / static_cast<std::int64_t>(sizeof(T));
    const std::int64_t rows = box.count[0] * box.count[1];
    return 2 * divide_up(box.columns(), kLane) + 1 < rows * (2 * divide_up(box.count[2], kLane) + 1);
}

template <class T>
NarrowRows<T> pack_narrow(const ConvolutionShape& shape, const Box& box, const T* narrow, T* packed) {
    const std::int64_t length = divide_up(box.columns(), kLaneElements) * kLaneElements, plane = product(shape.narrow);
    const T* from = narrow + (box.first[0] * shape.narrow[1] + box.first[1]) * shape.narrow[2] + box.first[2];
    for (std::int64_t o = 0; o < shape.narrow_channels; ++o) {
        T* to = packed + o * length;
        clear(to, length);
        for (std::int64_t i = 0; i < box.count[0]; ++i)
            kernels_of<T>().copy({box.count[1], box.count[2], from + o * plane + i * shape.narrow[1] * shape.narrow[2],
                                  shape.narrow[2], 1, to + i * box.size[1] * box.size[2], box.size[2], 1});
    }
    return {packed, length, 1, 0, 0, 1, length, 0, 0};
}

template <class T>
NarrowRows<T> plain_narrow(const ConvolutionShape& shape, const Box& box, const T* narrow) {
    const std::int64_t row = shape.narrow[2], volume = shape.narrow[1] * row;
    const T* from = narrow + (box.first[0] * shape.narrow[1] + box.first[1]) * row + box.first[2];
    return {from,         product(shape.narrow), box.count[0], volume,     box.size[1] * box.size[2],
            box.count[1], box.count[2],          row,          box.size[2]};
}

/// How the sums over images are divided: a block of images has sums of its own, which are added up in order.
constexpr std::int64_t kImageBlocks = 8;
constexpr std::int64_t kSumsBytes = 8 << 20;

template <class T>
void correlate_images(const Plan& plan, const ConvolutionShape& shape, std::int64_t images, const T* wide,
                      const T* narrow, T* weight) {
    const auto taps = static_cast<std::int64_t>(plan.parts[0].taps.size());
    const std::int64_t groups = shape.groups, columns = shape.wide_channels * taps;
    const std::int64_t numel = groups * shape.narrow_channels * columns;
    const std::int64_t wide_plane = product(shape.wide), narrow_plane = product(shape.narrow);
    const std::int64_t affordable =
        kSumsBytes / std::max<std::int64_t>(numel * static_cast<std::int64_t>(sizeof(T)), 1);
    const std::int64_t blocks = std::max<std::int64_t>(std::min({images, kImageBlocks, affordable}), 1);
    const Tensor sums = blocks == 1 ? Tensor() : empty({blocks, numel}, scalar_type_v<T>);
    // Where there are few blocks, threads share out the channels, whose sums have nothing to do with one another.
    const std::int64_t ranges =
        std::min(divide_up(kImageBlocks, blocks * groups), std::max<std::int64_t>(shape.wide_channels, 1));
    const Boxes boxes(plan, shape.wide_channels, packed_limit<T>());
    const std::int64_t work = images * narrow_plane * numel / (blocks * groups * ranges);
    const Box largest = boxes.box(plan, 0);
    const bool packs = worth_packing<T>(largest);
    const std::int64_t grain = kParallelWork / std::max<std::int64_t>(work, 1);
    detail::parallel_for(0, blocks * groups * ranges, grain, [&](std::int64_t task, std::int64_t end) {
        const Tensor packed = scratch<T>(largest.channel_stride * divide_up(shape.wide_channels, ranges));
        const Tensor rows = packs ? scratch<T>((largest.columns() + kLaneElements) * shape.narrow_channels) : Tensor();
        for (; task < end; ++task) {
            const std::int64_t range = task % ranges, group = task / ranges % groups, block = task / ranges / groups;
            const std::int64_t from = range * shape.wide_channels / ranges,
                               to = (range + 1) * shape.wide_channels / ranges;
            T* out = (blocks == 1 ? weight : sums.data_ptr<T>() + block * numel) +
                     group * shape.narrow_channels * columns + from * taps;
            for (std::int64_t o = 0; o < shape.narrow_channels; ++o) clear(out + o * columns, (to - from) * taps);
            for (std::int64_t i = 0; i < boxes.count(); ++i) {
                const Box box = boxes.box(plan, i);
                const PoolVector<std::int64_t> offsets = offsets_of(plan.parts[0], box, to - from);
                for (std::int64_t image = block * images / blocks; image < (block + 1) * images / blocks; ++image) {
                    T* x = packed.data_ptr<T>();
                    pack(plan, box, wide + ((image * groups + group) * shape.wide_channels + from) * wide_plane,
                         to - from, x);
                    const T* side = narrow + (image * groups + group) * shape.narrow_channels * narrow_plane;
                    // Between the rows zeros of one side meet elements of the other, which must be finite.
                    const bool pack_rows = packs && kernels_of<T>().finite(x, (to - from) * box.channel_stride);
                    const NarrowRows<T> g =
                        pack_rows ? pack_narrow(shape, box, side, rows.data_ptr<T>()) : plain_narrow(shape, box, side);
                    for (std::int64_t v = 0; v < g.volumes; ++v)
                        kernels_of<T>().dots({shape.narrow_channels, (to - from) * taps, g.segments, g.length,
                                              g.data + v * g.volume_step, g.stride, g.step, x + v * g.x_volume_step,
                                              offsets.data(), g.x_step, out, columns});
                }
            }
        }
    });
    if (blocks > 1) {
        const Tensor total = fold(Fold::kSum, sums, {1, {numel}});
        std::copy_n(total.data_ptr<T>(), numel, weight);
    }
}

}  // namespace

void correlate(const ConvolutionShape& unflattened, const Tensor& wide, const Tensor& narrow, const Tensor& weight) {
    const ConvolutionShape shape = flattened(unflattened);
    const Plan plan = gather_plan(shape);
    visit_float(wide.dtype(), [&]<class T>(T) {
        correlate_images<T>(plan, shape, wide.size(0), wide.data_ptr<T>(), narrow.data_ptr<T>(), weight.data_ptr<T>());
    });
}

}  // namespace xgrad::ops
