#include <xgrad/autograd/functions.h>
#include <xgrad/datasets/sampler.h>

#include <algorithm>
#include <numeric>

namespace xgrad::data::samplers {

void SequentialSampler::reset(std::optional<std::size_t> new_size) {
    size_ = new_size.value_or(size_);
    index_ = 0;
}

std::optional<Indices> SequentialSampler::next(std::size_t batch_size) {
    if (index_ == size_) return std::nullopt;
    Indices indices(std::min(batch_size, size_ - index_));
    std::iota(indices.begin(), indices.end(), index_);
    index_ += indices.size();
    return indices;
}

// libtorch's draws a permutation here and another one in every reset, the first included: programs that share its
// stream of random numbers rely on it.
RandomSampler::RandomSampler(std::size_t size) : permutation_(randperm(static_cast<std::int64_t>(size))) {}

void RandomSampler::reset(std::optional<std::size_t> new_size) {
    permutation_ = randperm(new_size ? static_cast<std::int64_t>(*new_size) : permutation_.numel());
    index_ = 0;
}

std::optional<Indices> RandomSampler::next(std::size_t batch_size) {
    const auto remaining = static_cast<std::size_t>(permutation_.numel()) - index_;
    if (remaining == 0) return std::nullopt;
    Indices indices(std::min(batch_size, remaining));
    std::copy_n(permutation_.data_ptr<std::int64_t>() + index_, indices.size(), indices.begin());
    index_ += indices.size();
    return indices;
}

}  // namespace xgrad::data::samplers
