// What of libtorch's names resolves, and how namespace torch can be used.
#include <doctest/doctest.h>

#include <xgrad/torch.h>

#include <string>
#include <type_traits>
#include <vector>

// A program adds to namespace torch.
namespace torch {

struct Mine {
    Tensor value = zeros({2});
};
inline Tensor twice(const Tensor& x) { return x * 2; }

}  // namespace torch

namespace {

struct BlockOptions {
    explicit BlockOptions(int64_t width) : width_(width) {}
    TORCH_ARG(int64_t, width);
    TORCH_ARG(double, slope) = 0.5;
};

struct BlockImpl : torch::nn::Cloneable<BlockImpl> {
    explicit BlockImpl(int64_t width) : options(width) { BlockImpl::reset(); }
    void reset() override { fc = register_module("fc", torch::nn::Linear(options.width(), options.width())); }
    torch::Tensor forward(const torch::Tensor& x) { return fc(x) * options.slope(); }
    BlockOptions options;
    torch::nn::Linear fc{nullptr};
};
TORCH_MODULE(Block);
TORCH_MODULE_IMPL(OtherBlock, BlockImpl);

template <class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const c10::Error& error) {
        return error.what_without_backtrace();
    }
    return "nothing was thrown";
}

int64_t bytes_of(const torch::Tensor& x) {
    return AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "bytes_of",
                                      [&] { return static_cast<int64_t>(sizeof(scalar_t)) * x.numel(); });
}

}  // namespace

// With a directive, as many programs have it; in a namespace of its own, since tests include other things.
namespace program {

using namespace torch;

nn::Linear make() { return nn::Linear(2, 3); }
Tensor compute(const Tensor& x) {
    namespace F = nn::functional;
    optim::SGD optimizer({x}, 0.1);
    auto options = TensorOptions().dtype(kFloat64).requires_grad(true).device(kCPU).layout(kStrided);
    return F::relu(twice(x)).to(options) + zeros({2}, dtype(kFloat64));
}

}  // namespace program

TEST_CASE("one entity by many names") {
    static_assert(std::is_same_v<torch::Tensor, xgrad::Tensor>);
    static_assert(std::is_same_v<at::Tensor, xgrad::Tensor>);
    static_assert(std::is_same_v<torch::autograd::Variable, at::Tensor>);
    static_assert(std::is_same_v<c10::ScalarType, torch::Dtype>);
    static_assert(std::is_same_v<at::IntArrayRef, c10::IntArrayRef>);
    static_assert(std::is_same_v<c10::optional<int>, std::optional<int>>);
    static_assert(std::is_same_v<torch::nn::Linear, xgrad::nn::Linear>);
    static_assert(std::is_same_v<torch::Device, c10::Device>);
    static_assert(std::is_same_v<torch::data::Example<>, xgrad::data::Example<>>);
    static_assert(std::is_convertible_v<at::ArrayRef<int64_t>, at::IntArrayRef>);
    static_assert(std::is_convertible_v<at::IntArrayRef, c10::ArrayRef<int64_t>>);
    static_assert(std::is_same_v<torch::autograd::GradMode, c10::GradMode>);
    static_assert(torch::kF64 == at::kDouble && torch::kI64 == c10::kLong);
    CHECK(!torch::cuda::is_available());
    CHECK(torch::cuda::device_count() == 0);
    CHECK(torch::get_num_threads() == at::get_num_threads());
    CHECK(!torch::optional<int>(c10::nullopt));
    CHECK(torch::make_optional(3) == c10::optional<int>(3));
    CHECK(c10::str("a", 1, 'b') == "a1b");
    torch::OrderedDict<std::string, at::Tensor> dict;
    dict.insert("x", at::ones({1}));
    CHECK(dict["x"].dtype() == at::kFloat);
}

TEST_CASE("what lists of sizes are taken from") {
    const std::vector<int64_t> sizes{2, 3};
    const at::ArrayRef<int64_t> ref = sizes;
    CHECK(torch::zeros(sizes).sizes() == ref);
    CHECK(torch::zeros(ref).sizes().vec() == sizes);
    CHECK(torch::zeros({2, 3}).sizes() == at::IntArrayRef({2, 3}));
    CHECK(at::ArrayRef<int64_t>(sizes).vec() == sizes);
    CHECK(at::ArrayRef<double>({0.5, 1.5}).size() == 2);
}

TEST_CASE("options and dtypes") {
    const auto options = torch::TensorOptions(torch::kFloat64).device(torch::kCPU, 0).requires_grad(true);
    CHECK(torch::ones({1}, options).requires_grad());
    CHECK(torch::ones({1}, torch::device(torch::kCPU).dtype<double>()).dtype() == torch::kDouble);
    CHECK(torch::ones({1}, torch::kInt).item().toInt() == 1);
    CHECK(torch::tensor(1.5).item().toFloat() == 1.5f);
    CHECK(torch::tensor(true).item().toBool());
    CHECK(torch::tensor(2).item().isIntegral(/*includeBool=*/false));
    CHECK(torch::rand({2}).is_cpu());
}

TEST_CASE("guards and modes") {
    const auto x = torch::ones({1}, torch::requires_grad());
    {
        torch::NoGradGuard guard;
        CHECK(!at::GradMode::is_enabled());
        torch::AutoGradMode on(true);
        CHECK((x * 2).requires_grad());
    }
    {
        c10::InferenceMode guard;
        CHECK((x * 2).is_inference());
    }
    torch::autograd::DetectAnomalyGuard anomaly;
    CHECK(torch::autograd::AnomalyMode::is_enabled());
}

TEST_CASE("namespace torch is open, and its names can be used without it") {
    CHECK(torch::Mine().value.numel() == 2);
    CHECK(program::make()->options.out_features() == 3);
    CHECK(program::compute(torch::ones({2})).dtype() == torch::kFloat64);
}

TEST_CASE("modules and options by macros") {
    Block block(3);
    CHECK(block->parameters().size() == 2);
    CHECK(BlockOptions(2).slope(0.25).slope() == 0.25);
    const OtherBlock other(block.ptr());
    CHECK(other->options.width() == 3);
    const auto copy = std::dynamic_pointer_cast<BlockImpl>(block->clone());
    CHECK(torch::equal(copy->fc->weight, block->fc->weight));
    CHECK(block(torch::ones({1, 3})).sizes() == at::IntArrayRef({1, 3}));
}

TEST_CASE("checks throw what was asked for") {
    const int n = 3;
    CHECK(message_of([&] { TORCH_CHECK(n == 3, "never"); }) == "nothing was thrown");
    CHECK(message_of([&] { TORCH_CHECK(n == 4, "n is ", n, '!'); }) == "n is 3!");
    CHECK(message_of([&] { TORCH_CHECK(n == 4); }) == "Expected n == 4 to be true, but got false.");
    CHECK(message_of([&] { AT_ERROR("no ", n); }) == "no 3");
    CHECK(message_of([&] { AT_ASSERTM(n < 0, "negative"); }) == "negative");
    CHECK(message_of([&] { TORCH_INTERNAL_ASSERT(n < 0, "why"); }).starts_with("n < 0 INTERNAL ASSERT FAILED at \""));
    CHECK(message_of([&] { AT_ASSERT(n < 0); }).find("names.cpp\":") != std::string::npos);
    CHECK_THROWS_AS(([&] { TORCH_CHECK_INDEX(false, "x"); }()), c10::IndexError);
    CHECK_THROWS_AS(([&] { TORCH_CHECK_VALUE(false, "x"); }()), c10::ValueError);
    CHECK_THROWS_AS(([&] { TORCH_CHECK_TYPE(false, "x"); }()), xgrad::DtypeError);
    CHECK_THROWS_AS(([&] { TORCH_CHECK_NOT_IMPLEMENTED(false, "x"); }()), c10::NotImplementedError);
    if (n == 3)
        TORCH_CHECK(true);
    else
        TORCH_CHECK(false);
    CHECK_THROWS_AS(torch::ones({2}).view({3}), c10::Error);
}

TEST_CASE("warnings go to the handler") {
    std::vector<std::string> warnings;
    const auto outer = xgrad::set_warning_handler([&](const std::string& message) { warnings.push_back(message); });
    TORCH_WARN("value ", 3);
    for (int i = 0; i < 3; ++i) TORCH_WARN_ONCE("once");
    CHECK(warnings == std::vector<std::string>{"value 3", "once"});
    xgrad::set_warning_handler(outer);
}

TEST_CASE("dispatch by dtype") {
    CHECK(bytes_of(torch::zeros({2}, torch::kFloat)) == 8);
    CHECK(bytes_of(torch::zeros({2}, torch::kDouble)) == 16);
    CHECK(message_of([] { bytes_of(torch::zeros({2}, torch::kInt)); }) == "[bytes_of] not implemented for 'Int'");
    const auto size = AT_DISPATCH_ALL_TYPES(torch::kLong, "size", [] { return sizeof(scalar_t); });
    CHECK(size == 8);
}
