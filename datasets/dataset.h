#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <xgrad/autograd/array_ref.h>
#include <xgrad/autograd/functions.h>

namespace xgrad::data {

namespace example {
using NoTarget = void;
}  // namespace example

/// One element of a data set, or a batch of them: what goes into a network and what should come out.
template <class Data = Tensor, class Target = Tensor>
struct Example {
    using DataType = Data;
    using TargetType = Target;

    Example() = default;
    Example(Data data_, Target target_) : data(std::move(data_)), target(std::move(target_)) {}

    Data data;
    Target target;
};

template <class Data>
struct Example<Data, example::NoTarget> {
    using DataType = Data;
    using TargetType = example::NoTarget;

    Example() = default;
    Example(Data data_) : data(std::move(data_)) {}
    operator Data&() { return data; }
    operator const Data&() const { return data; }

    Data data;
};

using TensorExample = Example<Tensor, example::NoTarget>;

namespace datasets {

template <class Source, class Transform>
class MapDataset;

/// A data set that answers a request (indices, unless a sampler of your own says otherwise) with a batch.
template <class Self, class Batch, class BatchRequest = ArrayRef<std::size_t>>
class BatchDataset {
  public:
    using SelfType = Self;
    using BatchType = Batch;
    using BatchRequestType = BatchRequest;

    virtual ~BatchDataset() = default;

    virtual Batch get_batch(BatchRequest request) = 0;
    /// Number of examples, if there is one.
    virtual std::optional<std::size_t> size() const = 0;

    /// This data set with `transform` applied to every batch. Tensors are shared with the copy that it keeps.
    template <class Transform>
    MapDataset<Self, Transform> map(Transform transform) const& {
        return {static_cast<const Self&>(*this), std::move(transform)};
    }
    template <class Transform>
    MapDataset<Self, Transform> map(Transform transform) && {
        return {std::move(static_cast<Self&>(*this)), std::move(transform)};
    }
};

/// A data set that makes its examples one by one: a subclass overrides get(index) and size(). Its batch is a list of
/// examples, which transforms::Stack makes tensors of.
template <class Self, class SingleExample = Example<>>
class Dataset : public BatchDataset<Self, std::vector<SingleExample>> {
  public:
    using ExampleType = SingleExample;

    virtual ExampleType get(std::size_t index) = 0;

    std::vector<ExampleType> get_batch(ArrayRef<std::size_t> indices) override {
        std::vector<ExampleType> batch;
        batch.reserve(indices.size());
        for (const std::size_t index : indices) batch.push_back(get(index));
        return batch;
    }
};

/// A data set held in tensors, example i being row i. A batch is one gather: an Example whose tensors have the batch as
/// their first dimension, with transforms::Stack or without.
class TensorDataset : public BatchDataset<TensorDataset, Example<>> {
  public:
    using ExampleType = Example<>;

    /// `data` (N, ...) and `targets` (N, ...), or no targets: those of the examples are undefined then. Throws
    /// ShapeError when the numbers of rows differ.
    explicit TensorDataset(Tensor data, Tensor targets = {});

    const Tensor& data() const { return data_; }
    const Tensor& targets() const { return targets_; }

    /// Row `index`: a view.
    Example<> get(std::size_t index) const;
    Example<> get_batch(ArrayRef<std::size_t> indices) override;
    std::optional<std::size_t> size() const override;

  private:
    Tensor data_;
    Tensor targets_;
};

namespace detail {

/// The indices as the tensor that index_select takes. Throws IndexError for an index that no tensor can have.
Tensor index_tensor(ArrayRef<std::size_t> indices);

/// The examples of a batch, as views of it.
std::vector<Example<>> unstack(const Example<>& batch);

/// A transform of whole batches takes the batch of a data set held in tensors as it is, one of examples takes it apart.
template <class Transform, class Batch>
auto apply_to_batch(Transform& transform, Batch batch) {
    if constexpr (requires { transform.apply_batch(std::move(batch)); }) {
        return transform.apply_batch(std::move(batch));
    } else {
        return transform.apply_batch(unstack(batch));
    }
}

template <class Source, class Transform>
using MappedBatch = decltype(apply_to_batch(std::declval<Transform&>(), std::declval<typename Source::BatchType>()));

}  // namespace detail

/// A data set whose batches pass through a transform.
template <class Source, class Transform>
class MapDataset : public BatchDataset<MapDataset<Source, Transform>, detail::MappedBatch<Source, Transform>,
                                       typename Source::BatchRequestType> {
  public:
    using DatasetType = Source;
    using TransformType = Transform;

    MapDataset(Source dataset, Transform transform) : dataset_(std::move(dataset)), transform_(std::move(transform)) {}

    detail::MappedBatch<Source, Transform> get_batch(typename Source::BatchRequestType request) override {
        return detail::apply_to_batch(transform_, dataset_.get_batch(std::move(request)));
    }
    std::optional<std::size_t> size() const override { return dataset_.size(); }

    const Source& dataset() const { return dataset_; }
    const Transform& transform() const { return transform_; }

  private:
    Source dataset_;
    Transform transform_;
};

}  // namespace datasets
}  // namespace xgrad::data
