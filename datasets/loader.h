#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <xgrad/autograd/error.h>
#include <xgrad/datasets/sampler.h>

namespace xgrad::data {

/// How a data loader makes its batches.
class DataLoaderOptions {
  public:
    DataLoaderOptions(std::size_t batch_size = 1) : batch_size_(batch_size) {}

    std::size_t batch_size() const { return batch_size_; }
    DataLoaderOptions& batch_size(std::size_t examples) {
        batch_size_ = examples;
        return *this;
    }

    bool drop_last() const { return drop_last_; }
    /// Whether to leave out a last batch that is not full.
    DataLoaderOptions& drop_last(bool on) {
        drop_last_ = on;
        return *this;
    }

    std::size_t workers() const { return workers_; }
    /// For programs written against libtorch: whatever the number, the calling thread makes the batches.
    DataLoaderOptions& workers(std::size_t threads) {
        workers_ = threads;
        return *this;
    }

    bool enforce_ordering() const { return true; }
    /// For programs written against libtorch: batches always come in the order of the sampler.
    DataLoaderOptions& enforce_ordering(bool) { return *this; }

  private:
    std::size_t batch_size_;
    std::size_t workers_ = 0;
    bool drop_last_ = false;
};

/// The batches of a data set in the order of a sampler: `for (auto& batch : *loader)`. Every begin() starts an epoch.
/// The batch is the loader's and is replaced by the next one; copies of its tensors keep theirs.
template <class Dataset, class Sampler>
class StatelessDataLoader {
  public:
    using BatchType = typename Dataset::BatchType;

    class Iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = BatchType;
        using difference_type = std::ptrdiff_t;
        using pointer = BatchType*;
        using reference = BatchType&;

        Iterator() = default;
        explicit Iterator(StatelessDataLoader* loader) : loader_(loader) { ++*this; }

        reference operator*() const { return *loader_->batch_; }
        pointer operator->() const { return &*loader_->batch_; }
        Iterator& operator++() {
            if (!loader_->advance()) loader_ = nullptr;
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(const Iterator&) const = default;

      private:
        StatelessDataLoader* loader_ = nullptr;
    };

    /// Throws ValueError for a batch size of 0.
    StatelessDataLoader(Dataset dataset, Sampler sampler, DataLoaderOptions options)
        : dataset_(std::move(dataset)), sampler_(std::move(sampler)), options_(options) {
        if (options_.batch_size() == 0) raise<ValueError>("make_data_loader", "batch_size 0: must be at least 1");
    }

    Iterator begin() {
        sampler_.reset(std::nullopt);
        return Iterator(this);
    }
    Iterator end() { return {}; }

    const DataLoaderOptions& options() const noexcept { return options_; }
    /// For programs written against libtorch: there are no threads to wait for.
    void join() {}

  private:
    bool advance() {
        batch_.reset();
        auto request = sampler_.next(options_.batch_size());
        if (!request) return false;
        if constexpr (requires { request->size(); }) {
            if (options_.drop_last() && request->size() < options_.batch_size()) return false;
        }
        batch_.emplace(dataset_.get_batch(std::move(*request)));
        return true;
    }

    Dataset dataset_;
    Sampler sampler_;
    DataLoaderOptions options_;
    std::optional<BatchType> batch_;
};

/// A loader over `dataset` with a sampler of your own.
template <class Dataset, class Sampler>
requires requires { typename Sampler::BatchRequestType; }
std::unique_ptr<StatelessDataLoader<Dataset, Sampler>> make_data_loader(Dataset dataset, Sampler sampler,
                                                                        DataLoaderOptions options = {}) {
    return std::make_unique<StatelessDataLoader<Dataset, Sampler>>(std::move(dataset), std::move(sampler), options);
}

/// A loader over `dataset`, in random order unless another sampler is named. Throws ValueError for a data set that
/// cannot tell its size.
template <class Sampler = samplers::RandomSampler, class Dataset>
std::unique_ptr<StatelessDataLoader<Dataset, Sampler>> make_data_loader(Dataset dataset,
                                                                        DataLoaderOptions options = {}) {
    const std::optional<std::size_t> size = dataset.size();
    if (!size) raise<ValueError>("make_data_loader", "the data set has no size: give a sampler that needs none");
    return make_data_loader(std::move(dataset), Sampler(*size), options);
}

}  // namespace xgrad::data
