#include <doctest/doctest.h>

#include <sstream>

#include <xgrad.h>

using namespace xgrad;

namespace {

struct NetImpl : nn::Module {
    explicit NetImpl(std::int64_t width = 3, bool bias = true) : nn::Module("net") {
        body = register_module("body", nn::Sequential(nn::Linear(2, width), nn::Tanh()));
        head = register_module("head", nn::Linear(nn::LinearOptions(width, 1).bias(bias)));
        mean = register_buffer("mean", zeros({2}));
    }
    Tensor forward(const Tensor& x) { return head(body->forward(x - mean)); }
    nn::Sequential body;
    nn::Linear head{nullptr};
    Tensor mean;
};
XGRAD_MODULE(Net);

template <class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a module takes the state of another") {
    Net net, other;
    net->mean.fill_(2);
    const Tensor weight = other->head->weight;  // handles, an optimiser's among them, stay those of the module
    std::stringstream stream;
    save(net, stream);
    load(other, stream);
    const Tensor x = randn({5, 2});
    CHECK(other(x).equal(net(x)));
    CHECK(weight.is_same(other->head->weight));
    CHECK(weight.requires_grad());
    CHECK(weight.is_leaf());
    CHECK(weight.equal(net->head->weight));

    auto shared = std::make_shared<NetImpl>();
    shared->to(kFloat64);
    stream.clear();
    stream.seekg(0);
    load(shared, stream);
    CHECK(shared->mean.dtype() == kFloat64);
    CHECK(shared->mean.equal(full({2}, 2.0, kFloat64)));
}

TEST_CASE("a state that does not fit changes nothing") {
    Net net, wide(4), without_bias(3, false);
    struct Case {
        Net target;
        nn::Module& source;
        const char* message;
    };
    nn::Linear fc(2, 3);
    const Case cases[] = {
        {Net(), *wide, "[load] size mismatch for 'body.0.weight': the archive has the shape (4, 2), the module (3, 2)"},
        {Net(3, false), *net, "'head.bias' is defined in the archive, but not in the module"},
        {Net(), *without_bias, "'head.bias' is not defined in the archive, but in the module"},
        {Net(), *fc, "there is no such entry 'mean'"},
    };
    for (const Case& c : cases) {
        Net target = c.target;
        std::vector<Tensor> before;
        for (const Tensor& p : target->parameters()) before.push_back(p.detach().clone());
        serialize::OutputArchive out;
        c.source.save(out);
        std::stringstream stream;
        out.save_to(stream);
        const std::string message = message_of([&] { load(target, stream); });
        CHECK_MESSAGE(contains(message, c.message), message);
        CHECK_MESSAGE(contains(message, "in module net"), message);
        const auto after = target->parameters();
        for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i].equal(before[i]));
    }
    Net empty = nullptr;
    std::stringstream stream;
    CHECK_THROWS_AS(save(empty, stream), Error);
}
