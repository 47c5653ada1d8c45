#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/visualize.h>

using namespace xgrad;

namespace {

std::size_t occurrences(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
    return count;
}

bool contains(const std::string& text, const std::string& part) { return occurrences(text, part) > 0; }

/// log(x w) under module paths, as the forwards of modules give them.
Tensor network(const Tensor& x, const Tensor& w) {
    const autograd::RecordModulePathsGuard guard;
    const detail::RecordingPlace net("net");
    const Tensor h = [&] {
        const detail::RecordingPlace layer("net.layer1.fc");
        return x.matmul(w);
    }();
    const detail::RecordingPlace layer("net.layer10");
    return h.log();
}

}  // namespace

TEST_CASE("the text of a small graph") {
    const Tensor x = ones({2, 3}, requires_grad());
    const Tensor w = ones({3}, kFloat64).requires_grad_();
    const Tensor y = (x * w).sum();
    CHECK(
        to_dot(y, {{"w", w}, {"the \"loss\"\\", y}, {"unused", ones({1}, requires_grad())}, {"no grad", ones({1})}}) ==
        R"(digraph {
    node [shape=box, style=filled, fillcolor=lightgrey, fontname="monospace", fontsize=10];
    graph [style=rounded, color=grey, fontname="monospace", fontsize=10, labeljust=l];
    n0 [label="SumBackward0\nthe \"loss\"\\: () float64", fillcolor=darkolivegreen1];
    n1 [label="MulBackward0\n(2, 3) float64"];
    n2 [label="(2, 3) float32", fillcolor=lightblue];
    n3 [label="w\n(3,) float64", fillcolor=lightblue];
    n1 -> n0;
    n2 -> n1;
    n3 -> n1;
}
)");
}

TEST_CASE("modules are frames in frames, and leaves stand where they are used") {
    const Tensor x = ones({2, 3}, requires_grad()), w = ones({3, 1}, requires_grad());
    Tensor y = network(x, w);
    {
        const autograd::RecordModulePathsGuard guard;
        const detail::RecordingPlace layer("net.layer10");
        y = y + (w * 2).sum();
    }
    CHECK(contains(to_dot(y, {{"w", w}}), R"(
    subgraph cluster_0 {
        label="net";
        n6 [label="w\n(3, 1) float32", fillcolor=lightblue];
        subgraph cluster_1 {
            label="layer10";
            n0 [label="AddBackward0\n(2, 1) float32", fillcolor=darkolivegreen1];
            n1 [label="LogBackward0\n(2, 1) float32"];
            n2 [label="SumBackward0\n() float32"];
            n4 [label="MulBackward0\n(3, 1) float32"];
        }
        subgraph cluster_2 {
            label="layer1";
            subgraph cluster_3 {
                label="fc";
                n3 [label="MmBackward0\n(2, 1) float32"];
                n5 [label="(2, 3) float32", fillcolor=lightblue];
            }
        }
    }
)"));
}

TEST_CASE("nodes are drawn once, arrows as often as there are uses") {
    const Tensor x = ones({2}, requires_grad());
    Tensor y = x * x;
    for (int i = 0; i < 20; ++i) y = y + y;  // a million paths
    const std::string text = to_dot(y);
    CHECK(occurrences(text, "[label=") == 22);
    CHECK(occurrences(text, " -> ") == 42);
    CHECK(to_dot(y) == text);

    const Tensor z = (y * 2).detach().requires_grad_();
    const std::string both = to_dot({y, y + z});
    CHECK(occurrences(both, "[label=") == 24);
    CHECK(occurrences(both, "darkolivegreen1") == 2);
    CHECK(contains(to_dot(x, {{"x", x}}), "n0 [label=\"x\\n(2,) float32\", fillcolor=darkolivegreen1]"));
}

TEST_CASE("of several results of an operation those are named that are used, and the arrows say which") {
    const TensorList parts = ones({2, 4}, requires_grad()).unbind(0);
    CHECK(contains(to_dot(parts[1] * 2), R"(n1 [label="UnbindBackward0\n(4,) float32"])"));
    CHECK(contains(to_dot(parts[1] * 2), "n1 -> n0;"));
    const std::string text = to_dot(parts[1] * parts[0], {{"second", parts[1]}});
    CHECK(contains(text, R"(n1 [label="UnbindBackward0\n(4,) float32\nsecond: (4,) float32"])"));
    CHECK(contains(text, "n1 -> n0 [label=1];\n    n1 -> n0 [label=0];"));
}

TEST_CASE("leaves that are gone are drawn, and what is not recorded is not framed") {
    Tensor y = ones({2}, requires_grad()).exp();
    CHECK(contains(to_dot(y), "n1 [label=\"(2,) float32\", fillcolor=lightblue]"));
    CHECK(!contains(to_dot(y), "subgraph"));
    y.sum().backward();
    CHECK(contains(to_dot(y), "ExpBackward0"));
}

TEST_CASE("a long chain is written without recursion") {
    Tensor y = ones({1}, requires_grad());
    constexpr std::size_t kLength = 200'000;
    for (std::size_t i = 0; i < kLength; ++i) y = y + 1;
    const std::string text = to_dot(y);
    CHECK(occurrences(text, " -> ") == kLength);
    CHECK(contains(text, "n200000 -> n199999;"));
}

TEST_CASE("tensors without a graph are refused") {
    const Tensor y = ones({1}, requires_grad()) * 2;
    CHECK_THROWS_WITH_AS(to_dot(Tensor()), "[to_dot] tensor 0 is undefined: it has no graph", Error);
    CHECK_THROWS_WITH_AS(to_dot({y, ones({2, 3})}),
                         "[to_dot] tensor 1 of shape (2, 3) does not require grad and does not have a grad_fn: no "
                         "graph was recorded for it",
                         GraphError);
    CHECK_THROWS_WITH_AS(to_dot(y.detach()), doctest::Contains("does not have a grad_fn"), GraphError);
    CHECK_THROWS_WITH_AS(to_dot(TensorList{}), "[to_dot] the list of tensors is empty", ValueError);
}

TEST_CASE("module paths are recorded under the guard alone, which leaves anomaly mode as it was") {
    using autograd::AnomalyMode;
    {
        const autograd::RecordModulePathsGuard guard;
        CHECK(AnomalyMode::is_enabled());
        CHECK(!AnomalyMode::should_check_nan());
    }
    CHECK(!AnomalyMode::is_enabled());
    const autograd::DetectAnomalyGuard anomaly;
    {
        const autograd::RecordModulePathsGuard guard;
        CHECK(AnomalyMode::should_check_nan());
    }
    CHECK(AnomalyMode::should_check_nan());
}

TEST_CASE("Graphviz reads it, if it is here") {
    if (std::system("dot -V >/dev/null 2>&1") != 0) return;  // NOLINT(concurrency-mt-unsafe)
    const Tensor w = ones({3, 1}, requires_grad());
    const std::string file =
        (std::filesystem::temp_directory_path() / ("xgrad-to_dot-" + std::to_string(::getpid()) + ".dot")).string();
    std::ofstream(file) << to_dot(network(ones({2, 3}), w), {{"\"w\" \\N {<b>}", w}});
    CHECK(std::system(("dot -Tsvg " + file + " >/dev/null").c_str()) == 0);
    std::filesystem::remove(file);
}
