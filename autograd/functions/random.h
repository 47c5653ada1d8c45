#pragma once

#include <optional>

#include <xgrad/autograd/generator.h>
#include <xgrad/autograd/tensor.h>

/// Random numbers: PyTorch's streams, from the default generator unless one is given.
namespace xgrad {

/// Uniform in [0, 1).
Tensor rand(IntArrayRef size, const TensorOptions& options = {});
Tensor rand(IntArrayRef size, std::optional<Generator> generator, const TensorOptions& options = {});
Tensor rand_like(const Tensor& self, const TensorOptions& options = {});
/// Standard normal.
Tensor randn(IntArrayRef size, const TensorOptions& options = {});
Tensor randn(IntArrayRef size, std::optional<Generator> generator, const TensorOptions& options = {});
Tensor randn_like(const Tensor& self, const TensorOptions& options = {});
/// Integers in [low, high); int64 unless the options say otherwise.
Tensor randint(std::int64_t high, IntArrayRef size, const TensorOptions& options = kInt64);
Tensor randint(std::int64_t low, std::int64_t high, IntArrayRef size, const TensorOptions& options = kInt64);
/// A random permutation of 0 ... n-1.
Tensor randperm(std::int64_t n, const TensorOptions& options = kInt64);
Tensor randperm(std::int64_t n, std::optional<Generator> generator, const TensorOptions& options = kInt64);
/// 0 or 1 with the probabilities in `p`.
Tensor bernoulli(const Tensor& p);
/// Row-wise draws of indices with the probabilities (up to a factor) in the last dimension of `weights`.
Tensor multinomial(const Tensor& weights, std::int64_t num_samples, bool replacement = false);

}  // namespace xgrad
