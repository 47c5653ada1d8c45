#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/datasets/datasets.h>

#include <limits>
#include <string>
#include <type_traits>

using namespace xgrad;
using data::Example;
using data::datasets::TensorDataset;
namespace transforms = data::transforms;

namespace {

/// Example i is the vector (i, 10 i) with target i.
class Countdown : public data::datasets::Dataset<Countdown> {
  public:
    Example<> get(std::size_t index) override {
        const auto i = static_cast<double>(index);
        return {tensor({i, 10 * i}), tensor(static_cast<std::int64_t>(index))};
    }
    std::optional<std::size_t> size() const override { return 5; }
};

TensorDataset rows(std::int64_t n) { return TensorDataset(arange(2 * n, kFloat32).view({n, 2}), arange(n).mul(100)); }

}  // namespace

TEST_CASE("a data set of tensors gives views of its rows and gathers a batch") {
    TensorDataset dataset = rows(6);
    CHECK(*dataset.size() == 6);

    const Example<> one = dataset.get(4);
    CHECK(one.data.equal(tensor({8.f, 9.f})));
    CHECK(one.data.is_alias_of(dataset.data()));
    CHECK(one.target.item<std::int64_t>() == 400);
    CHECK_THROWS_AS(dataset.get(6), IndexError);

    const Example<> batch = dataset.get_batch({5, 0, 5});
    CHECK(batch.data.equal(tensor({{10.f, 11.f}, {0.f, 1.f}, {10.f, 11.f}})));
    CHECK(batch.target.equal(tensor({500, 0, 500})));
    CHECK_THROWS_AS(dataset.get_batch({0, 6}), IndexError);
    CHECK_THROWS_AS(dataset.get_batch(std::numeric_limits<std::size_t>::max()), IndexError);
}

TEST_CASE("a data set of tensors without targets leaves those of its examples undefined") {
    TensorDataset dataset(eye(3));
    CHECK_FALSE(dataset.get(1).target.defined());
    const Example<> batch = dataset.get_batch({2});
    CHECK(batch.data.equal(tensor({{0.f, 0.f, 1.f}})));
    CHECK_FALSE(batch.target.defined());
}

TEST_CASE("tensors with different numbers of rows make no data set") {
    CHECK_THROWS_WITH_AS(
        TensorDataset(zeros({3, 2}), zeros({2})),
        "[TensorDataset] data of shape (3, 2) and targets of shape (2,): a first dimension of the same size is the "
        "number of examples",
        ShapeError);
    CHECK_THROWS_AS(TensorDataset(zeros({})), ShapeError);
    CHECK_THROWS_AS(TensorDataset(zeros({1}), zeros({})), ShapeError);
}

TEST_CASE("the batch of a data set that makes its examples is a list") {
    Countdown dataset;
    const std::vector<Example<>> batch = dataset.get_batch({3, 1});
    REQUIRE(batch.size() == 2);
    CHECK(batch[0].data.equal(tensor({3., 30.})));
    CHECK(batch[1].target.item<std::int64_t>() == 1);
}

TEST_CASE("Stack makes tensors of a list and leaves a gathered batch as it is") {
    auto stacked = Countdown().map(transforms::Stack<>());
    static_assert(std::is_same_v<decltype(stacked)::BatchType, Example<>>);
    const Example<> batch = stacked.get_batch({3, 1});
    CHECK(batch.data.equal(tensor({{3., 30.}, {1., 10.}})));
    CHECK(batch.target.equal(tensor({3, 1})));

    auto gathered = rows(4).map(transforms::Stack<>());
    static_assert(std::is_same_v<decltype(gathered)::BatchType, Example<>>);
    CHECK(gathered.get_batch({1}).data.equal(tensor({{2.f, 3.f}})));
    CHECK(*gathered.size() == 4);
}

TEST_CASE("Stack takes examples without targets") {
    const data::TensorExample batch =
        transforms::Stack<data::TensorExample>().apply_batch({data::TensorExample(zeros({2})), ones({2})});
    CHECK(batch.data.equal(tensor({{0.f, 0.f}, {1.f, 1.f}})));
}

TEST_CASE("Normalize subtracts the mean and divides by the standard deviation") {
    SUBCASE("one number, on examples and on a gathered batch alike") {
        const transforms::Normalize<> normalize(1, 2);
        CHECK(Countdown().map(normalize).get_batch({3})[0].data.equal(tensor({1., 14.5})));
        const Example<> batch = rows(3).map(normalize).map(transforms::Stack<>()).get_batch({2, 0});
        CHECK(batch.data.equal(tensor({{1.5f, 2.f}, {-0.5f, 0.f}})));
        CHECK(batch.target.equal(tensor({200, 0})));
    }
    SUBCASE("one number a channel") {
        transforms::Normalize<> normalize({1, 2}, {1, 4});
        const Tensor images = ones({3, 2, 4, 5}, kFloat64);
        const Tensor out = normalize(images);
        CHECK(out.sizes() == images.sizes());
        CHECK(out.dtype() == kFloat64);
        CHECK(out.select(1, 0).equal(zeros({3, 4, 5}, kFloat64)));
        CHECK(out.select(1, 1).equal(full({3, 4, 5}, -0.25, kFloat64)));
        CHECK(normalize(images[0]).equal(out[0]));
        CHECK(normalize(images.to(kFloat32)).dtype() == kFloat32);
    }
    SUBCASE("the data of the source stay as they are") {
        const TensorDataset source = rows(2);
        source.map(transforms::Normalize<>(5, 5)).get_batch({0, 1});
        CHECK(source.data().equal(tensor({{0.f, 1.f}, {2.f, 3.f}})));
    }
    CHECK_THROWS_AS(transforms::Normalize<>({1, 2}, {1}), ValueError);
    CHECK_THROWS_AS(transforms::Normalize<>({}, {}), ValueError);
    CHECK_THROWS_AS(transforms::Normalize<>({1, 2}, {1, 0}), ValueError);
}

TEST_CASE("a transform of examples takes a gathered batch apart") {
    const transforms::Lambda<Example<>> negate([](Example<> example) {
        CHECK(example.data.dim() == 1);
        return Example<>(example.data.neg(), example.target.neg());
    });
    auto mapped = rows(3).map(negate).map(transforms::Stack<>());
    const Example<> batch = mapped.get_batch({1, 2});
    CHECK(batch.data.equal(tensor({{-2.f, -3.f}, {-4.f, -5.f}})));
    CHECK(batch.target.equal(tensor({-100, -200})));

    const transforms::Lambda<Example<>> forget([](const Example<>& e) { return Example<>(e.data, ones({})); });
    CHECK(TensorDataset(eye(2)).map(forget).get_batch({0, 1})[1].data.equal(tensor({0.f, 1.f})));
}

TEST_CASE("transforms of batches, of data, and to other types") {
    auto summed = rows(3).map(
        transforms::BatchLambda<Example<>, double>([](const Example<>& e) { return e.data.sum().item<double>(); }));
    CHECK(summed.get_batch({0, 2}) == 10);

    auto doubled = Countdown().map(transforms::TensorLambda<>([](const Tensor& x) { return x * 2; }));
    CHECK(doubled.get_batch({1})[0].data.equal(tensor({2., 20.})));

    auto counted = Countdown().map(transforms::Collate<std::size_t, std::vector<Example<>>>(
        [](const std::vector<Example<>>& examples) { return examples.size(); }));
    CHECK(counted.get_batch({1, 2, 3}) == 3);
}
