#pragma once

#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include <xgrad/datasets/dataset.h>

/// What happens to examples on their way to the network: `dataset.map(Normalize<>(0.13, 0.31)).map(Stack<>())`.
///
/// A transform of examples (Lambda, TensorLambda, your own Transform) sees them one by one. BatchTransform, Normalize
/// and Stack take the batch of a data set held in tensors whole, so that it stays one gather.
namespace xgrad::data::transforms {

/// A transform of whole batches.
template <class InputBatch, class OutputBatch>
class BatchTransform {
  public:
    using InputBatchType = InputBatch;
    using OutputBatchType = OutputBatch;

    virtual ~BatchTransform() = default;
    virtual OutputBatch apply_batch(InputBatch input_batch) = 0;
};

/// A transform of single examples.
template <class Input, class Output>
class Transform : public BatchTransform<std::vector<Input>, std::vector<Output>> {
  public:
    using InputType = Input;
    using OutputType = Output;

    virtual Output apply(Input input) = 0;

    std::vector<Output> apply_batch(std::vector<Input> inputs) override {
        std::vector<Output> outputs;
        outputs.reserve(inputs.size());
        for (Input& input : inputs) outputs.push_back(apply(std::move(input)));
        return outputs;
    }
};

/// A function of a batch as a transform.
template <class Input, class Output = Input>
class BatchLambda : public BatchTransform<Input, Output> {
  public:
    using FunctionType = std::function<Output(Input)>;

    explicit BatchLambda(FunctionType function) : function_(std::move(function)) {}
    Output apply_batch(Input input_batch) override { return function_(std::move(input_batch)); }

  private:
    FunctionType function_;
};

/// A function of an example as a transform.
template <class Input, class Output = Input>
class Lambda : public Transform<Input, Output> {
  public:
    using FunctionType = std::function<Output(Input)>;

    explicit Lambda(FunctionType function) : function_(std::move(function)) {}
    Output apply(Input input) override { return function_(std::move(input)); }

  private:
    FunctionType function_;
};

/// A transform that makes one example of a batch.
template <class T, class Batch = std::vector<T>>
using Collation = BatchTransform<Batch, T>;
template <class T, class Batch = std::vector<T>>
using Collate = BatchLambda<Batch, T>;

/// A transform of the data of an example, which leaves the target alone.
template <class Target = Tensor>
class TensorTransform : public Transform<Example<Tensor, Target>, Example<Tensor, Target>> {
  public:
    virtual Tensor operator()(Tensor input) = 0;

    Example<Tensor, Target> apply(Example<Tensor, Target> input) override {
        input.data = (*this)(std::move(input.data));
        return input;
    }
};

/// A function of the data of an example as a transform.
template <class Target = Tensor>
class TensorLambda : public TensorTransform<Target> {
  public:
    using FunctionType = std::function<Tensor(Tensor)>;

    explicit TensorLambda(FunctionType function) : function_(std::move(function)) {}
    Tensor operator()(Tensor input) override { return function_(std::move(input)); }

  private:
    FunctionType function_;
};

namespace detail {

/// Mean and standard deviation of each channel.
class ChannelStatistics {
  public:
    /// Throws ValueError unless there are as many means as standard deviations, none of these zero.
    ChannelStatistics(ArrayRef<double> mean, ArrayRef<double> stddev);
    /// (input - mean) / stddev, over dimension -3 if there are several channels.
    Tensor normalize(const Tensor& input) const;

  private:
    Tensor mean_;  // float64, (C, 1, 1)
    Tensor stddev_;
};

}  // namespace detail

/// (data - mean) / stddev with one value for everything, or one for each channel of images (..., C, H, W).
template <class Target = Tensor>
class Normalize : public TensorTransform<Target> {
  public:
    Normalize(ArrayRef<double> mean, ArrayRef<double> stddev) : statistics_(mean, stddev) {}

    Tensor operator()(Tensor input) override { return statistics_.normalize(input); }

    using TensorTransform<Target>::apply_batch;
    Example<Tensor, Target> apply_batch(Example<Tensor, Target> batch) { return this->apply(std::move(batch)); }

  private:
    detail::ChannelStatistics statistics_;
};

/// Makes one batch of a list of examples by stacking their tensors. A batch that is one already stays as it is.
template <class T = Example<>>
class Stack : public Collation<T> {
  public:
    T apply_batch(std::vector<T> examples) override {
        TensorList data;
        data.reserve(examples.size());
        for (T& example : examples) data.push_back(std::move(example.data));
        if constexpr (std::is_void_v<typename T::TargetType>) {
            return {stack(data)};
        } else {
            TensorList targets;
            targets.reserve(examples.size());
            for (T& example : examples) targets.push_back(std::move(example.target));
            return {stack(data), stack(targets)};
        }
    }
    template <class Target>
    Example<Tensor, Target> apply_batch(Example<Tensor, Target> batch) {
        return batch;
    }
};

}  // namespace xgrad::data::transforms
