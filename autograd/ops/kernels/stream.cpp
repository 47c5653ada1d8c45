#include <algorithm>
#include <cstring>

#include <xgrad/autograd/ops/kernels/elementwise.h>

namespace xgrad::ops::XGRAD_KERNEL_ARCH {

namespace {

void stream_bytes(void* target, const void* source, std::size_t bytes) {
    using L = Lane<float, NativeArch>;
    constexpr std::size_t step = L::size * sizeof(float);
    auto* to = static_cast<std::byte*>(target);
    const auto* from = static_cast<const std::byte*>(source);
    std::size_t at = std::min(-reinterpret_cast<std::uintptr_t>(target) % step, bytes);
    std::memcpy(to, from, at);
    for (; at + step <= bytes; at += step)
        stream(reinterpret_cast<float*>(to + at), L::load(reinterpret_cast<const float*>(from + at)));
    std::memcpy(to + at, from + at, bytes - at);
}

}  // namespace

void fill_stream(KernelTable& table) {
    table.stream = stream_bytes;
    table.fence_streams = fence_streams;
}

}  // namespace xgrad::ops::XGRAD_KERNEL_ARCH
