#include <xgrad/autograd/error.h>
#include <xgrad/datasets/dataset.h>

#include <limits>

namespace xgrad::data::datasets {

namespace detail {

Tensor index_tensor(ArrayRef<std::size_t> indices) {
    constexpr auto kLargest = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
    Tensor out = empty({static_cast<std::int64_t>(indices.size())}, kInt64);
    auto* data = out.data_ptr<std::int64_t>();
    for (const std::size_t index : indices) {
        // A negative number would count from the end.
        if (index > kLargest) raise<IndexError>("get_batch", "index ", index, " is larger than any tensor");
        *data++ = static_cast<std::int64_t>(index);
    }
    return out;
}

std::vector<Example<>> unstack(const Example<>& batch) {
    std::vector<Example<>> examples;
    const std::int64_t size = batch.data.size(0);
    examples.reserve(static_cast<std::size_t>(size));
    for (std::int64_t i = 0; i < size; ++i) {
        examples.emplace_back(batch.data.select(0, i), batch.target.defined() ? batch.target.select(0, i) : Tensor());
    }
    return examples;
}

}  // namespace detail

TensorDataset::TensorDataset(Tensor data, Tensor targets) : data_(std::move(data)), targets_(std::move(targets)) {
    if (data_.dim() == 0 || (targets_.defined() && (targets_.dim() == 0 || targets_.size(0) != data_.size(0)))) {
        raise<ShapeError>("TensorDataset", "data of shape ", xgrad::detail::shape_string(data_.sizes()),
                          targets_.defined() ? " and targets of shape " + xgrad::detail::shape_string(targets_.sizes())
                                             : std::string(" without targets"),
                          ": a first dimension of the same size is the number of examples");
    }
}

Example<> TensorDataset::get(std::size_t index) const {
    const auto row = static_cast<std::int64_t>(index);
    return {data_.select(0, row), targets_.defined() ? targets_.select(0, row) : Tensor()};
}

Example<> TensorDataset::get_batch(ArrayRef<std::size_t> indices) {
    const Tensor index = detail::index_tensor(indices);
    return {data_.index_select(0, index), targets_.defined() ? targets_.index_select(0, index) : Tensor()};
}

std::optional<std::size_t> TensorDataset::size() const { return static_cast<std::size_t>(data_.size(0)); }

}  // namespace xgrad::data::datasets
