#include <xgrad/autograd/ops/convolution/convolution_plan.h>

namespace xgrad::ops {

Plan gather_plan(const ConvolutionShape& s) {
    Plan plan;
    plan.source = s.wide;
    plan.target = plan.count = s.narrow;
    plan.source_step = s.stride;
    plan.target_step = {1, 1, 1};
    plan.first = {0, 0, 0};
    plan.source_start = by_dim([&](auto d) { return -s.padding[d]; });
    plan.reach = by_dim([&](auto d) { return (s.kernel[d] - 1) * s.dilation[d] / s.stride[d]; });
    Part part{{0, 0, 0}, {}};
    for_each(s.kernel, [&](const Triple& k) {
        const Triple phase = by_dim([&](auto d) { return k[d] * s.dilation[d] % s.stride[d]; });
        auto found = std::find(plan.phases.begin(), plan.phases.end(), phase);
        if (found == plan.phases.end()) found = plan.phases.insert(found, phase);
        part.taps.push_back({found - plan.phases.begin(),
                             by_dim([&](auto d) { return k[d] * s.dilation[d] / s.stride[d]; }),
                             static_cast<std::int64_t>(part.taps.size())});
    });
    plan.parts.push_back(std::move(part));
    return plan;
}

Plan spread_plan(const ConvolutionShape& s) {
    Plan plan;
    plan.source = s.narrow;
    plan.target = s.wide;
    plan.source_step = {1, 1, 1};
    plan.target_step = s.stride;
    plan.first = by_dim([&](auto d) { return s.padding[d] / s.stride[d]; });
    plan.count = by_dim([&](auto d) { return (s.padding[d] + s.wide[d] - 1) / s.stride[d] + 1 - plan.first[d]; });
    plan.reach = by_dim([&](auto d) { return (s.kernel[d] - 1) * s.dilation[d] / s.stride[d]; });
    plan.source_start = by_dim([&](auto d) { return -plan.reach[d]; });
    plan.phases.push_back({0, 0, 0});
    for_each(s.stride, [&](const Triple& f) {
        Part part{by_dim([&](auto d) { return f[d] - s.padding[d]; }), {}};
        std::int64_t weight = 0;
        for_each(s.kernel, [&](const Triple& k) {
            const Triple way = by_dim([&](auto d) { return k[d] * s.dilation[d] - f[d]; });
            if (way[0] % s.stride[0] == 0 && way[1] % s.stride[1] == 0 && way[2] % s.stride[2] == 0)
                part.taps.push_back({0, by_dim([&](auto d) { return plan.reach[d] - way[d] / s.stride[d]; }), weight});
            ++weight;
        });
        plan.parts.push_back(std::move(part));
    });
    return plan;
}

ConvolutionShape flattened(ConvolutionShape s) {
    const auto plain = [&](std::size_t d) {
        return s.kernel[d] == 1 && s.stride[d] == 1 && s.padding[d] == 0 && s.wide[d] == s.narrow[d];
    };
    if (plain(0) && plain(1) && plain(2)) s.wide = s.narrow = {1, 1, product(s.wide)};
    return s;
}

namespace {

/// The elements j of [0, n) for which base + j * step lies in [0, size).
struct Span {
    Span(std::int64_t base, std::int64_t step, std::int64_t n, std::int64_t size)
        : begin(std::clamp<std::int64_t>(-divide_down(base, step), 0, n)),
          end(std::clamp<std::int64_t>(-divide_down(base - size, step), begin, n)) {}
    std::int64_t length() const { return end - begin; }
    bool contains(std::int64_t j) const { return begin <= j && j < end; }

    std::int64_t begin, end;
};

}  // namespace

template <class T>
void pack(const Plan& plan, const Box& box, const T* source, std::int64_t channels, T* packed) {
    const auto& copy = kernels_of<T>().copy;
    const std::int64_t plane = product(plan.source);
    for (std::int64_t f = 0; f < static_cast<std::int64_t>(plan.phases.size()); ++f) {
        const Triple& phase = plan.phases[static_cast<std::size_t>(f)];
        const Triple base =
            by_dim([&](auto d) { return box.first[d] * plan.source_step[d] + phase[d] + plan.source_start[d]; });
        const auto span = [&](std::size_t d) {
            return Span(base[d], plan.source_step[d], box.size[d], plan.source[d]);
        };
        const Span a = span(0), b = span(1), c = span(2);
        const bool whole = b.length() == box.size[1] && c.length() == box.size[2];
        for (std::int64_t channel = 0; channel < channels; ++channel)
            for (std::int64_t i = 0; i < box.size[0]; ++i) {
                T* to = packed + channel * box.channel_stride + f * box.phase_stride + i * box.size[1] * box.size[2];
                if (!a.contains(i) || !whole) clear(to, box.size[1] * box.size[2]);
                if (!a.contains(i)) continue;
                const T* from =
                    source + channel * plane +
                    ((base[0] + i * plan.source_step[0]) * plan.source[1] + base[1] + b.begin * plan.source_step[1]) *
                        plan.source[2] +
                    base[2] + c.begin * plan.source_step[2];
                copy({b.length(), c.length(), from, plan.source_step[1] * plan.source[2], plan.source_step[2],
                      to + b.begin * box.size[2] + c.begin, box.size[2], 1});
            }
    }
    // What a lane may read past the last channel need only be numbers.
    clear(packed + channels * box.channel_stride, kLaneElements);
    const std::int64_t used = static_cast<std::int64_t>(plan.phases.size()) * box.phase_stride;
    for (std::int64_t channel = 0; channel < channels; ++channel)
        clear(packed + channel * box.channel_stride + used, box.channel_stride - used);
}

template <class T>
void unpack(const Plan& plan, const Part& part, const Box& box, const T* results, std::int64_t stride,
            std::int64_t rows, T* target) {
    const Triple base = by_dim([&](auto d) { return box.first[d] * plan.target_step[d] + part.start[d]; });
    const auto span = [&](std::size_t d) { return Span(base[d], plan.target_step[d], box.count[d], plan.target[d]); };
    const Span a = span(0), b = span(1), c = span(2);
    const std::int64_t plane = product(plan.target);
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t i = a.begin; i < a.end; ++i) {
            T* to = target + row * plane +
                    ((base[0] + i * plan.target_step[0]) * plan.target[1] + base[1] + b.begin * plan.target_step[1]) *
                        plan.target[2] +
                    base[2] + c.begin * plan.target_step[2];
            kernels_of<T>().copy({b.length(), c.length(), results + row * stride + box.at({i, b.begin, c.begin}),
                                  box.size[2], 1, to, plan.target_step[1] * plan.target[2], plan.target_step[2]});
        }
}

PoolVector<std::int64_t> offsets_of(const Part& part, const Box& box, std::int64_t channels) {
    PoolVector<std::int64_t> offsets;
    offsets.reserve(part.taps.size() * static_cast<std::size_t>(channels));
    for (std::int64_t c = 0; c < channels; ++c)
        for (const Tap& tap : part.taps)
            offsets.push_back(c * box.channel_stride + tap.phase * box.phase_stride + box.at(tap.shift));
    return offsets;
}

template void pack<float>(const Plan&, const Box&, const float*, std::int64_t, float*);
template void pack<double>(const Plan&, const Box&, const double*, std::int64_t, double*);
template void unpack<float>(const Plan&, const Part&, const Box&, const float*, std::int64_t, std::int64_t, float*);
template void unpack<double>(const Plan&, const Part&, const Box&, const double*, std::int64_t, std::int64_t, double*);

}  // namespace xgrad::ops
