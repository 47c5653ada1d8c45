#include <doctest/doctest.h>

#include <xgrad/autograd/error.h>
#include <xgrad/datasets/datasets.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <vector>

using namespace xgrad;
using data::DataLoaderOptions;
using data::make_data_loader;
using data::datasets::TensorDataset;
using data::samplers::RandomSampler;
using data::samplers::SequentialSampler;

namespace {

TensorDataset numbers(std::int64_t n) { return TensorDataset(arange(n, kFloat32).unsqueeze(1), arange(n)); }

/// The targets that a loader gives in one epoch, batch by batch.
template <class Loader>
std::vector<std::vector<std::int64_t>> epoch(Loader& loader) {
    std::vector<std::vector<std::int64_t>> batches;
    for (const auto& batch : loader) {
        const auto* target = batch.target.template data_ptr<std::int64_t>();
        batches.emplace_back(target, target + batch.target.numel());
        CHECK(batch.data.sizes() == IntArrayRef{batch.target.size(0), 1});
        CHECK(batch.data.squeeze(1).to(kInt64).equal(batch.target));
    }
    return batches;
}

using Batches = std::vector<std::vector<std::int64_t>>;

/// Hands out index 7 three times, whatever the batch size.
class Sevens : public data::samplers::Sampler<> {
  public:
    void reset(std::optional<std::size_t>) override { left_ = 3; }
    std::optional<std::vector<std::size_t>> next(std::size_t) override {
        if (left_ == 0) return std::nullopt;
        --left_;
        return std::vector<std::size_t>{7};
    }

  private:
    int left_ = 0;
};

class Stream : public data::datasets::BatchDataset<Stream, int> {
  public:
    int get_batch(ArrayRef<std::size_t> request) override { return static_cast<int>(request[0]); }
    std::optional<std::size_t> size() const override { return std::nullopt; }
};

}  // namespace

TEST_CASE("batches in order, with and without the last that is not full") {
    struct Case {
        std::int64_t size;
        std::size_t batch;
        bool drop_last;
        Batches expected;
    };
    const Case cases[] = {
        {5, 2, false, {{0, 1}, {2, 3}, {4}}},
        {5, 2, true, {{0, 1}, {2, 3}}},
        {4, 2, true, {{0, 1}, {2, 3}}},
        {3, 5, false, {{0, 1, 2}}},
        {3, 5, true, {}},
        {0, 2, false, {}},
    };
    for (const Case& c : cases) {
        CAPTURE(c.size);
        CAPTURE(c.batch);
        auto loader = make_data_loader<SequentialSampler>(
            numbers(c.size), DataLoaderOptions().batch_size(c.batch).drop_last(c.drop_last).workers(0));
        CHECK(epoch(*loader) == c.expected);
        CHECK(epoch(*loader) == c.expected);
    }
}

TEST_CASE("random order: the default generator's permutations, a new one for each epoch") {
    constexpr std::int64_t kSize = 20;
    manual_seed(42);
    auto loader = make_data_loader(numbers(kSize), 6);
    const Batches first = epoch(*loader);
    const Batches second = epoch(*loader);

    manual_seed(42);
    randperm(kSize);  // the constructor's
    for (const Batches& batches : {first, second}) {
        const Tensor expected = randperm(kSize);
        std::int64_t at = 0;
        for (const auto& batch : batches) {
            for (const std::int64_t index : batch) CHECK(index == expected[at++].item<std::int64_t>());
        }
        CHECK(at == kSize);
        CHECK(batches.back().size() == 2);
    }
}

TEST_CASE("an epoch may be left before its end") {
    auto loader = make_data_loader<SequentialSampler>(numbers(4), 2);
    for (const auto& batch : *loader) {
        CHECK(batch.target[0].item<std::int64_t>() == 0);
        break;
    }
    CHECK(epoch(*loader) == Batches{{0, 1}, {2, 3}});
}

TEST_CASE("tensors taken out of a batch keep their values") {
    auto loader = make_data_loader<SequentialSampler>(numbers(4), 2);
    std::vector<Tensor> kept;
    for (const auto& batch : *loader) kept.push_back(batch.target);
    CHECK(kept[0].equal(tensor({0, 1})));
    CHECK(kept[1].equal(tensor({2, 3})));
}

TEST_CASE("the iterator is an input iterator") {
    auto loader = make_data_loader<SequentialSampler>(numbers(5), 2);
    static_assert(std::input_iterator<decltype(loader->begin())>);
    auto it = loader->begin();
    CHECK(it->target.numel() == 2);
    CHECK((*++it).target.equal(tensor({2, 3})));
    CHECK(it != loader->end());
    ++it;
    CHECK(it->data.size(0) == 1);
    CHECK(++it == loader->end());
}

TEST_CASE("a sampler of one's own, and data sets without a size") {
    auto loader = make_data_loader(numbers(8), Sevens(), DataLoaderOptions(1));
    CHECK(epoch(*loader) == Batches{{7}, {7}, {7}});

    CHECK_THROWS_AS(make_data_loader(Stream()), ValueError);
    auto stream = make_data_loader(Stream(), Sevens());
    CHECK(std::accumulate(stream->begin(), stream->end(), 0) == 21);
}

TEST_CASE("a batch size of 0 is refused") {
    CHECK_THROWS_AS(make_data_loader(numbers(3), DataLoaderOptions(0)), ValueError);
}

TEST_CASE("samplers count, and follow a new size") {
    SequentialSampler sequential(3);
    sequential.next(2);
    CHECK(sequential.index() == 2);
    CHECK(sequential.next(2)->size() == 1);
    CHECK_FALSE(sequential.next(2).has_value());
    sequential.reset(5);
    CHECK(sequential.next(9)->size() == 5);

    RandomSampler random(3);
    random.reset(5);
    auto all = *random.next(9);
    std::sort(all.begin(), all.end());
    CHECK(all == data::samplers::Indices{0, 1, 2, 3, 4});
    CHECK(random.index() == 5);
    CHECK_FALSE(random.next(1).has_value());
}

TEST_CASE("an epoch after the first asks the system for no memory") {
    auto loader = make_data_loader(TensorDataset(zeros({1000, 784}), zeros({1000}, kInt64))
                                       .map(data::transforms::Normalize<>(0.5, 0.25))
                                       .map(data::transforms::Stack<>()),
                                   DataLoaderOptions().batch_size(32));
    std::size_t calls = 0;
    for (int i = 0; i < 3; ++i) {
        if (i == 1) calls = memory_stats().system_calls;
        for (const auto& batch : *loader) CHECK(batch.data.size(1) == 784);
    }
    CHECK(memory_stats().system_calls == calls);
}
