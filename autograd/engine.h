#pragma once

#include <optional>
#include <span>
#include <vector>

#include <xgrad/autograd/tensor.h>

namespace xgrad::autograd {

/// Computes the gradients of the sum of `tensors` (each weighted by its gradient in `grad_tensors`; a missing or
/// undefined one stands for 1 and needs a tensor of one element) with respect to the leaves, and adds them into their
/// grad().
///
/// `retain_graph` keeps what the graph has saved, so that it can be run again; it defaults to `create_graph`, which
/// records the computation of the gradients for derivatives of higher order. With `inputs`, only their grad() changes.
/// Throws GraphError when a tensor requires no grad or the graph was freed, ShapeError when a gradient does not fit.
void backward(const std::vector<Tensor>& tensors, const std::vector<Tensor>& grad_tensors = {},
              std::optional<bool> retain_graph = std::nullopt, bool create_graph = false,
              const std::vector<Tensor>& inputs = {});

/// The same, for lists that need no memory of their own.
void backward(std::span<const Tensor> tensors, std::span<const Tensor> grad_tensors, std::optional<bool> retain_graph,
              bool create_graph, std::span<const Tensor> inputs);

/// The gradients of the sum of `outputs` (weighted by `grad_outputs` as in backward) with respect to `inputs`, one for
/// each, with the shapes of the inputs. Nothing is stored in grad(). An input that the outputs do not depend on throws
/// GraphError unless `allow_unused`, which gives an undefined tensor.
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const std::vector<Tensor>& grad_outputs = {}, std::optional<bool> retain_graph = std::nullopt,
                         bool create_graph = false, bool allow_unused = false);

}  // namespace xgrad::autograd
