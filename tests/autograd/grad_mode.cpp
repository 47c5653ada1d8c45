#include <doctest/doctest.h>

#include <functional>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/function.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/graph.h>

#include <thread>

using namespace xgrad;

namespace {

struct Save : autograd::Function<Save> {
    static Tensor forward(autograd::AutogradContext* ctx, const Tensor& x, const Tensor& constant) {
        ctx->save_for_backward({constant});
        return x * constant;
    }
    static autograd::tensor_list backward(autograd::AutogradContext*, autograd::tensor_list grads) {
        return {grads[0], Tensor()};
    }
};

}  // namespace

TEST_CASE("grad mode is set for scopes, which nest, and for a thread") {
    CHECK(GradMode::is_enabled());
    {
        const NoGradGuard no_grad;
        CHECK(!GradMode::is_enabled());
        {
            const AutoGradMode on(true);
            CHECK(autograd::GradMode::is_enabled());
            const AutoGradMode off(false);
            CHECK(!GradMode::is_enabled());
        }
        CHECK(!GradMode::is_enabled());
        std::thread([] { CHECK(GradMode::is_enabled()); }).join();
    }
    GradMode::set_enabled(false);
    CHECK(!ones({1}, requires_grad()).exp().requires_grad());
    GradMode::set_enabled(true);
    CHECK(GradMode::is_enabled());
}

TEST_CASE("inference mode records nothing and makes inference tensors") {
    const Tensor x = ones({2}, requires_grad());
    Tensor normal = ones({2});
    CHECK(!InferenceMode::is_enabled());
    {
        const InferenceMode guard;
        CHECK(InferenceMode::is_enabled());
        CHECK(!GradMode::is_enabled());
        const Tensor y = x * 2.0;
        CHECK(y.is_inference());
        CHECK(!y.requires_grad());
        CHECK(y.view({2, 1}).is_inference());
        CHECK(!x.is_inference());
        CHECK(!x.view({2, 1}).is_inference());  // a view is what its base is
        CHECK(!x.detach().is_inference());
        Tensor(y).add_(1.0);
        const auto version = normal._version();
        normal.add_(1.0);
        CHECK(normal._version() == version + 1);
        CHECK(zeros({1}).requires_grad_().requires_grad());
        const AutoGradMode on(true);
        CHECK(!(x * 2.0).requires_grad());
        {
            const InferenceMode off(false);
            CHECK(!InferenceMode::is_enabled());
            CHECK((x * 2.0).requires_grad());
            CHECK(!(x * 2.0).is_inference());
        }
        CHECK(InferenceMode::is_enabled());
        CHECK(!InferenceMode(false).is_enabled());
    }
    CHECK(!InferenceMode::is_enabled());
    CHECK(GradMode::is_enabled());
}

TEST_CASE("what inference tensors may do outside of the mode") {
    const Tensor x = ones({2}, requires_grad());
    const auto make = [] {
        const InferenceMode guard;
        return full({2}, 3.0);
    };
    const Tensor frozen = make();
    CHECK(frozen.slice(0, 1).is_inference());
    CHECK(!(frozen * 2.0).is_inference());
    CHECK(!frozen.clone().is_inference());
    CHECK((x + frozen).requires_grad());  // nothing is saved
    const Tensor normal = frozen.clone().requires_grad_();
    (normal * x).sum().backward();
    CHECK(normal.grad().equal(ones({2})));

    struct Case {
        const char* name;
        std::function<void()> run;
        const char* message;
    };
    const Case cases[] = {
        {"saved", [&] { x* frozen; }, "[mul] Inference tensors cannot be saved for backward"},
        {"saved by a custom function", [&] { Save::apply(x, frozen); },
         "[Save] Inference tensors cannot be saved for backward"},
        {"modified", [&] { Tensor(frozen).add_(1.0); },
         "[add_] Inplace update to inference tensor outside InferenceMode is not allowed"},
        {"a view modified", [&] { frozen.slice(0, 1).zero_(); }, "Inplace update to inference tensor"},
        {"modified under NoGradGuard",
         [&] {
             const NoGradGuard no_grad;
             Tensor(frozen).fill_(1.0);
         },
         "Inplace update to inference tensor"},
        {"asked for gradients", [&] { frozen.requires_grad_(); },
         "Setting requires_grad=true on inference tensor outside InferenceMode is not allowed"},
        {"asked for its version", [&] { static_cast<void>(frozen._version()); },
         "Inference tensors do not track version counter"},
        {"a view of a normal tensor, made in the mode",
         [&] {
             Tensor y = x * 1.0, view;
             {
                 const InferenceMode guard;
                 view = y.slice(0, 1);
             }
             view.mul_(2.0);
         },
         "A view was created in inference mode and is being modified inplace"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CHECK_THROWS_WITH_AS(c.run(), doctest::Contains(c.message), GraphError);
    }
    CHECK(frozen.equal(full({2}, 3.0)));
}

TEST_CASE("devices have names; only one can be used") {
    CHECK(Device() == Device(kCPU));
    CHECK(Device("cpu").is_cpu());
    CHECK(Device("cuda:1") == Device(kCUDA, 1));
    CHECK(Device("cuda:1").str() == "cuda:1");
    CHECK(Device("cuda").str() == "cuda");
    CHECK(!Device("cuda").has_index());
    for (const char* wrong : {"", "gpu", "cuda:", "cuda:x", "cuda:1x", "cuda:-1", "cpu:999", ":1", "cuda1"})
        CHECK_THROWS_WITH_AS(Device(std::string(wrong)), doctest::Contains("Invalid device string"), ValueError);
    const Tensor x = ones({2});
    CHECK(x.device() == kCPU);
    CHECK(x.to(kCPU).is_same(x));
    CHECK(x.to(Device("cpu:0")).is_same(x));
    CHECK(!x.to(kCPU, false, true).is_same(x));
    CHECK(x.to(kCPU, kFloat64).dtype() == kFloat64);
    CHECK(zeros({1}, dtype(kInt64).device(kCPU)).dtype() == kInt64);
    const Device gpu(kCUDA);
    CHECK_THROWS_AS(x.to(gpu), NotImplementedError);
    CHECK_THROWS_AS(x.to(kCUDA), NotImplementedError);
    CHECK_THROWS_AS(x.to(gpu, kFloat64), NotImplementedError);
    CHECK_THROWS_WITH_AS(zeros({1}, device(gpu)), doctest::Contains("not on cuda"), NotImplementedError);
    CHECK_THROWS_AS(zeros({1}, kCUDA), NotImplementedError);
}
