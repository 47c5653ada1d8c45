#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <xgrad/autograd/pool_allocator.h>
#include <xgrad/autograd/tensor.h>

namespace xgrad::data::samplers {

/// The indices of a batch, in pooled memory: drawing batches asks the system for nothing.
using Indices = xgrad::detail::PoolVector<std::size_t>;

/// Says which examples the next batch has.
template <class BatchRequest = std::vector<std::size_t>>
class Sampler {
  public:
    using BatchRequestType = BatchRequest;

    virtual ~Sampler() = default;

    /// Starts an epoch, over `new_size` examples if given.
    virtual void reset(std::optional<std::size_t> new_size) = 0;
    /// The request for a batch of at most `batch_size` examples; nothing at the end of the epoch.
    virtual std::optional<BatchRequest> next(std::size_t batch_size) = 0;
};

/// Every index once, in order.
class SequentialSampler : public Sampler<Indices> {
  public:
    explicit SequentialSampler(std::size_t size) : size_(size) {}

    void reset(std::optional<std::size_t> new_size = std::nullopt) override;
    std::optional<Indices> next(std::size_t batch_size) override;
    /// How many have been handed out in this epoch.
    std::size_t index() const noexcept { return index_; }

  private:
    std::size_t size_;
    std::size_t index_ = 0;
};

/// Every index once, in the order of a `randperm` drawn from the default generator for each epoch.
class RandomSampler : public Sampler<Indices> {
  public:
    explicit RandomSampler(std::size_t size);

    void reset(std::optional<std::size_t> new_size = std::nullopt) override;
    std::optional<Indices> next(std::size_t batch_size) override;
    std::size_t index() const noexcept { return index_; }

  private:
    Tensor permutation_;
    std::size_t index_ = 0;
};

}  // namespace xgrad::data::samplers
