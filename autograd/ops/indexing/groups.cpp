#include <xgrad/autograd/ops/indexing/groups.h>

#include <utility>

#include <xgrad/autograd/functions.h>

namespace xgrad::ops {

using detail::Dims;

std::size_t Groups::last_folded() const {
    std::size_t i = count;
    while (!list[--i].folded) {
    }
    return i;
}

bool Groups::several() const {
    return std::count_if(list, list + count, [](const Group& g) { return g.folded; }) > 1;
}

bool Groups::walkable() const {
    const std::size_t f = last_folded();
    for (std::size_t i = 0; i + 1 < f; ++i)
        if (list[i].stride != list[i + 1].stride * list[i + 1].size) return false;
    return f + 1 >= count ? list[f].stride == 1 || list[f].size == 1 : f + 2 == count && list[f + 1].stride == 1;
}

Walk Groups::walk() const {
    const std::size_t f = last_folded();
    std::int64_t outer = 1;
    for (std::size_t i = 0; i < f; ++i) outer *= list[i].size;
    return {outer, list[f].size, f + 1 < count ? list[f + 1].size : 1, f > 0 ? list[f - 1].stride : 0, list[f].stride};
}

void Groups::remove_folded() {
    const std::size_t f = last_folded();
    std::copy(list + f + 1, list + count, list + f);
    --count;
    std::int64_t step = 1;
    for (std::size_t i = count; i-- > 0; step *= list[i].size) list[i].stride = step;
    merge();
}

void Groups::merge() {
    std::size_t to = 0;
    for (std::size_t i = 1; i < count; ++i) {
        Group& last = list[to];
        const Group& next = list[i];
        if (last.folded == next.folded && last.stride == next.stride * next.size)
            last = {last.size * next.size, next.stride, last.folded};
        else
            list[++to] = next;
    }
    count = to + 1;
}

Groups groups_of(const Tensor& x, const Reduced& over) {
    const IntArrayRef sizes = x.sizes(), strides = x.strides();
    Groups groups;
    for (std::size_t d = 0; d < sizes.size(); ++d)
        if (sizes[d] != 1) groups.list[groups.count++] = {sizes[d], strides[d], over.contains(d)};
    if (std::none_of(groups.list, groups.list + groups.count, [](const Group& g) { return g.folded; })) {
        std::copy_backward(groups.list, groups.list + groups.count, groups.list + groups.count + 1);
        groups.list[0] = {1, x.numel(), true};
        ++groups.count;
    }
    groups.merge();
    return groups;
}

namespace {

Dims memory_order(const Tensor& x) {
    Dims order(x.sizes().size());
    const auto steps_over = [&](std::int64_t a, std::int64_t b) {
        const std::int64_t sa = x.strides()[static_cast<std::size_t>(a)], sb = x.strides()[static_cast<std::size_t>(b)];
        return sa == 0 ? sb != 0 : sb != 0 && sa > sb;
    };
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = static_cast<std::int64_t>(i);
        for (std::size_t k = i; k > 0 && steps_over(order[k], order[k - 1]); --k) std::swap(order[k], order[k - 1]);
    }
    return order;
}

}  // namespace

InMemoryOrder::InMemoryOrder(const Tensor& unordered, const Reduced& first) {
    if (unordered.is_contiguous()) return;
    const Dims order = memory_order(unordered);
    if (std::is_sorted(order.begin(), order.end())) return;
    differs = true;
    x = unordered.permute(order);
    shape_ = first.shape;
    Dims kept;  // the dimensions that the result has, in the order of memory
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto d = static_cast<std::size_t>(order[i]);
        if (first.contains(d)) {
            over.dims |= std::uint64_t{1} << i;
        } else {
            over.shape.push_back(unordered.sizes()[d]);
            kept.push_back(order[i]);
        }
    }
    back_ = Dims(kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const auto rank = std::count_if(kept.begin(), kept.end(), [&](std::int64_t d) { return d < kept[i]; });
        back_[static_cast<std::size_t>(rank)] = static_cast<std::int64_t>(i);
    }
}

Tensor InMemoryOrder::restore(const Tensor& result) const { return result.permute(back_).contiguous().view(shape_); }

}  // namespace xgrad::ops
