#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/autograd/tensor.h>

namespace xgrad::autograd {

using Variable = Tensor;
using variable_list = TensorList;

/// Called with the gradients that arrive at a node, before it runs; returns what it is to run on.
class FunctionPreHook {
  public:
    virtual ~FunctionPreHook() = default;
    virtual variable_list operator()(const variable_list& grad_outputs) = 0;
};

/// Called with what a node has computed, the gradients of its inputs, and what it computed them from; returns what goes
/// on in their place.
class FunctionPostHook {
  public:
    virtual ~FunctionPostHook() = default;
    virtual variable_list operator()(const variable_list& grad_inputs, const variable_list& grad_outputs) = 0;
};

/// What belongs to few nodes: hooks, and under anomaly mode where the node was recorded.
struct NodeHooks {
    NodeHooks() = default;
    ~NodeHooks();  // in a .cpp file: every type of node would have a copy of it
    NodeHooks(const NodeHooks&) = delete;
    NodeHooks& operator=(const NodeHooks&) = delete;

    struct TensorHook {
        std::uint32_t output_nr;
        unsigned id;
        std::shared_ptr<std::function<Tensor(const Tensor&)>> call;
    };
    struct RetainedGrad {
        std::uint32_t output_nr;
        detail::TensorImpl* tensor;  // takes itself off this list when it dies
    };
    struct PostAccumulateHook {
        unsigned id;
        std::shared_ptr<std::function<void(const Tensor&)>> call;
    };
    unsigned next_id = 0;
    std::vector<TensorHook> tensor_hooks;
    std::vector<RetainedGrad> retained;
    std::vector<std::shared_ptr<FunctionPreHook>> pre_hooks;
    std::vector<std::shared_ptr<FunctionPostHook>> post_hooks;
    std::vector<PostAccumulateHook> post_accumulate;  // of the node of a leaf
    std::string recorded_in;
};

}  // namespace xgrad::autograd
