#include <xgrad/autograd/ops/convolution/convolution_plan.h>
#include <xgrad/autograd/ops/convolution/fold.h>
#include <xgrad/autograd/parallel.h>

#include <optional>

namespace xgrad::ops {

namespace {

/// Whether rows are so short that lanes across their ends are better.
template <class T>
bool worth_packing(const Box& box) {
    constexpr std::int64_t kLane = 64 / static_cast<std::int64_t>(sizeof(T));
    const std::int64_t rows = box.count[0] * box.count[1];
    return 2 * divide_up(box.columns(), kLane) + 1 < rows * (2 * divide_up(box.count[2], kLane) + 1);
}

/// Elements of a packed channel of the narrow side.
std::int64_t packed_length(const Box& box) { return divide_up(box.columns(), kLaneElements) * kLaneElements; }

/// Packs the channels of the narrow side as those of the wide side are, with zeros between the rows.
template <class T>
void pack_narrow(const ConvolutionShape& shape, const Box& box, const T* narrow, T* packed) {
    const std::int64_t length = packed_length(box), plane = product(shape.narrow);
    const T* from = narrow + (box.first[0] * shape.narrow[1] + box.first[1]) * shape.narrow[2] + box.first[2];
    for (std::int64_t o = 0; o < shape.narrow_channels; ++o) {
        T* to = packed + o * length;
        clear(to, length);
        for (std::int64_t i = 0; i < box.count[0]; ++i)
            kernels_of<T>().copy({box.count[1], box.count[2], from + o * plane + i * shape.narrow[1] * shape.narrow[2],
                                  shape.narrow[2], 1, to + i * box.size[1] * box.size[2], box.size[2], 1});
    }
}

/// How the sums over images are divided: a block of images has sums of its own, which are added up in order. Images in
/// a block are taken together, so that sums are long.
constexpr std::int64_t kImageBlocks = 8;
constexpr std::int64_t kSumsBytes = 8 << 20;
constexpr std::int64_t kLongSum = 1024;

/// The sums of some images.
template <class T>
class Correlation {
  public:
    Correlation(const Plan& plan, const ConvolutionShape& shape, std::int64_t channels)
        : plan_(plan),
          shape_(shape),
          boxes_(plan, channels, packed_limit<T>()),
          largest_(boxes_.box(plan, 0)),
          channels_(channels),
          at_once_(std::clamp<std::int64_t>(
              std::min(kLongSum / packed_length(largest_), packed_limit<T>() / (channels * largest_.channel_stride)), 1,
              kLongSum)),
          packs_(worth_packing<T>(largest_)),
          wide_(scratch<T>(at_once_ * channels * largest_.channel_stride)) {
        if (packs_) narrow_ = scratch<T>(at_once_ * shape.narrow_channels * packed_length(largest_));
    }

    /// Adds those of `images` images, `wide_step` and `narrow_step` elements apart, to rows of sums, which are
    /// `columns` elements long.
    void add(const T* wide, std::int64_t wide_step, const T* narrow, std::int64_t narrow_step, std::int64_t images,
             T* sums, std::int64_t columns) const {
        for (std::int64_t i = 0; i < boxes_.count(); ++i) {
            const Box box = boxes_.box(plan_, i);
            const auto offsets = offsets_of(plan_.parts[0], box, channels_);
            const auto taps = static_cast<std::int64_t>(offsets.size());
            for (std::int64_t first = 0; first < images; first += at_once_) {
                const std::int64_t count = std::min(at_once_, images - first);
                const T* from = narrow + first * narrow_step;
                const bool finite = pack_wide(box, wide + first * wide_step, wide_step, count);
                const T* x = wide_.data_ptr<T>();
                const std::int64_t x_step = channels_ * box.channel_stride;
                // Between the rows zeros of one side meet elements of the other, which must be finite.
                if (packs_ && finite) {
                    const std::int64_t length = packed_length(box), step = shape_.narrow_channels * length;
                    T* g = narrow_.data_ptr<T>();
                    for (std::int64_t k = 0; k < count; ++k)
                        pack_narrow(shape_, box, from + k * narrow_step, g + k * step);
                    kernels_of<T>().dots({shape_.narrow_channels, taps, count, length, g, length, step, x,
                                          offsets.data(), x_step, sums, columns});
                } else {
                    for (std::int64_t k = 0; k < count; ++k)
                        add_rows(box, offsets, x + k * x_step, from + k * narrow_step, sums, columns);
                }
            }
        }
    }

  private:
    /// Packs `count` images; whether they are finite.
    bool pack_wide(const Box& box, const T* wide, std::int64_t wide_step, std::int64_t count) const {
        const std::int64_t size = channels_ * box.channel_stride;
        for (std::int64_t k = 0; k < count; ++k)
            pack(plan_, box, wide + k * wide_step, channels_, wide_.data_ptr<T>() + k * size);
        return packs_ && kernels_of<T>().finite(wide_.data_ptr<T>(), count * size);
    }

    /// Those of one image, row by row.
    void add_rows(const Box& box, const PoolVector<std::int64_t>& offsets, const T* x, const T* narrow, T* sums,
                  std::int64_t columns) const {
        const std::int64_t row = shape_.narrow[2], volume = shape_.narrow[1] * row;
        const T* from = narrow + box.first[0] * volume + box.first[1] * row + box.first[2];
        for (std::int64_t i = 0; i < box.count[0]; ++i)
            kernels_of<T>().dots({shape_.narrow_channels, static_cast<std::int64_t>(offsets.size()), box.count[1],
                                  box.count[2], from + i * volume, product(shape_.narrow), row,
                                  x + i * box.size[1] * box.size[2], offsets.data(), box.size[2], sums, columns});
    }

    const Plan& plan_;
    const ConvolutionShape& shape_;
    Boxes boxes_;
    Box largest_;
    std::int64_t channels_;
    std::int64_t at_once_;  // images
    bool packs_;
    Tensor wide_, narrow_;
};

template <class T>
void correlate_images(const Plan& plan, const ConvolutionShape& shape, std::int64_t images, const T* wide,
                      const T* narrow, T* weight) {
    const auto taps = static_cast<std::int64_t>(plan.parts[0].taps.size());
    const std::int64_t groups = shape.groups, columns = shape.wide_channels * taps;
    const std::int64_t numel = groups * shape.narrow_channels * columns;
    const std::int64_t wide_plane = product(shape.wide), narrow_plane = product(shape.narrow);
    const std::int64_t bytes = numel * static_cast<std::int64_t>(sizeof(T));
    const std::int64_t long_sums = images * narrow_plane / kLongSum;
    const std::int64_t blocks = std::clamp<std::int64_t>(
        std::min({images, long_sums, kSumsBytes / std::max<std::int64_t>(bytes, 1)}), 1, kImageBlocks);
    const Tensor sums = blocks == 1 ? Tensor() : empty({blocks, numel}, scalar_type_v<T>);
    // Where there are few blocks, threads share out the channels, whose sums have nothing to do with one another.
    const std::int64_t ranges =
        std::clamp<std::int64_t>(shape.wide_channels, 1, divide_up(kImageBlocks, blocks * groups));
    const std::int64_t work = images * narrow_plane * numel / (blocks * groups * ranges);
    const std::int64_t grain = kParallelWork / std::max<std::int64_t>(work, 1);
    detail::parallel_for(0, blocks * groups * ranges, grain, [&](std::int64_t task, std::int64_t end) {
        std::optional<Correlation<T>> part;
        std::int64_t channels_of_part = -1;
        for (; task < end; ++task) {
            const std::int64_t range = task % ranges, group = task / ranges % groups, block = task / ranges / groups;
            const std::int64_t from = range * shape.wide_channels / ranges;
            const std::int64_t channels = (range + 1) * shape.wide_channels / ranges - from;
            if (channels == 0) continue;
            if (channels != channels_of_part) part.emplace(plan, shape, channels_of_part = channels);
            T* out = (blocks == 1 ? weight : sums.data_ptr<T>() + block * numel) +
                     group * shape.narrow_channels * columns + from * taps;
            for (std::int64_t o = 0; o < shape.narrow_channels; ++o) clear(out + o * columns, channels * taps);
            const std::int64_t image = block * images / blocks, count = (block + 1) * images / blocks - image;
            const std::int64_t wide_channel = (image * groups + group) * shape.wide_channels + from;
            const std::int64_t narrow_channel = (image * groups + group) * shape.narrow_channels;
            part->add(wide + wide_channel * wide_plane, groups * shape.wide_channels * wide_plane,
                      narrow + narrow_channel * narrow_plane, groups * shape.narrow_channels * narrow_plane, count, out,
                      columns);
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
