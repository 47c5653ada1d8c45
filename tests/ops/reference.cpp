#include "reference.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include <xgrad/autograd/engine.h>
#include <xgrad/autograd/functions.h>

using namespace xgrad;
using nlohmann::json;

namespace reference {

namespace {

double number(const json& value) {
    return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

ScalarType dtype_named(const std::string& name) {
    static const std::map<std::string, ScalarType> names = {{"float32", kFloat32}, {"float64", kFloat64},
                                                            {"int64", kInt64},     {"int32", kInt32},
                                                            {"uint8", kUInt8},     {"bool", kBool}};
    return names.at(name);
}

Tensor tensor_of(const json& stored) {
    const auto shape = stored.at("shape").get<std::vector<std::int64_t>>();
    const ScalarType dtype = dtype_named(stored.at("dtype"));
    const json& values = stored.at("values");
    Tensor out = empty(shape, is_floating_point(dtype) ? kFloat64 : kInt64);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (is_floating_point(dtype))
            out.data_ptr<double>()[i] = number(values[i]);
        else
            out.data_ptr<std::int64_t>()[i] = values[i].get<std::int64_t>();
    }
    return out.to(dtype);
}

void check_tensor(const char* what, const Tensor& found, const json& stored, const Case& c) {
    const Tensor expected = tensor_of(stored);
    CAPTURE(what);
    CAPTURE(found);
    CAPTURE(expected);
    CHECK(found.dtype() == expected.dtype());
    REQUIRE(found.sizes() == expected.sizes());
    CHECK(found.to(kFloat64).allclose(expected.to(kFloat64), c.rtol, c.atol, true));
}

/// The gradients that Family.add of reference.py takes.
std::vector<Tensor> gradients(const TensorList& outputs, const TensorList& inputs) {
    std::vector<Tensor> roots, weights, leaves;
    for (const Tensor& y : outputs) {
        if (!y.requires_grad()) continue;
        roots.push_back(y);
        const auto n = y.numel();
        weights.push_back(
            (arange(n, y.dtype()) / static_cast<double>(std::max<std::int64_t>(n, 1)) + 1.0).reshape(y.sizes()));
    }
    for (const Tensor& x : inputs)
        if (x.requires_grad()) leaves.push_back(x);
    const auto found = autograd::grad(roots, leaves, weights, std::nullopt, false, true);
    std::vector<Tensor> out;
    std::size_t next = 0;
    for (const Tensor& x : inputs) out.push_back(x.requires_grad() ? found[next++] : Tensor());
    return out;
}

void check_case(const json& stored, const Case& c) {
    TensorList inputs;
    const bool differentiable = stored.contains("gradients");
    for (const json& input : stored.at("inputs")) {
        Tensor x = tensor_of(input);
        if (differentiable && x.is_floating_point()) x.requires_grad_();
        inputs.push_back(x);
    }
    const TensorList outputs = c.call(inputs);
    const json& expected = stored.at("outputs");
    REQUIRE(outputs.size() == expected.size());
    for (std::size_t k = 0; k < outputs.size(); ++k) check_tensor("output", outputs[k], expected[k], c);
    if (!differentiable) return;
    const std::vector<Tensor> found = gradients(outputs, inputs);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const json& gradient = stored.at("gradients")[i];
        if (gradient.is_null())
            CHECK((!found[i].defined() || found[i].ne(0).any().item<bool>() == false));
        else
            check_tensor("gradient", found[i], gradient, c);
    }
}

}  // namespace

void check(const std::string& family, const std::vector<Case>& cases) {
    const std::string path = XGRAD_TEST_DATA_DIR "/reference/" + family + ".json";
    std::ifstream file(path);
    REQUIRE_MESSAGE(file, "cannot read " << path);
    std::map<std::string, json> stored;
    for (json& one : json::parse(file)) stored.emplace(one.at("name"), std::move(one));
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const auto found = stored.find(c.name);
        REQUIRE_MESSAGE(found != stored.end(), "no reference values");
        check_case(found->second, c);
        stored.erase(found);
    }
    for (const auto& [name, unused] : stored) FAIL_CHECK("nothing compares with the reference values of " << name);
    MESSAGE(cases.size() << " cases agree with PyTorch's values");
}

}  // namespace reference
