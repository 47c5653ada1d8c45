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
/// Integers in [0, high) or [low, high), of the shape and, without options, the dtype of `self`.
Tensor randint_like(const Tensor& self, std::int64_t high, const TensorOptions& options = {});
Tensor randint_like(const Tensor& self, std::int64_t low, std::int64_t high, const TensorOptions& options = {});
/// Normal with a mean or a standard deviation (not negative) for each element, which broadcast; the dtype is that of
/// the mean, if it is a tensor. No gradient flows to them.
Tensor normal(const Tensor& mean, double std = 1, const std::optional<Generator>& generator = std::nullopt);
Tensor normal(double mean, const Tensor& std, const std::optional<Generator>& generator = std::nullopt);
Tensor normal(const Tensor& mean, const Tensor& std, const std::optional<Generator>& generator = std::nullopt);
Tensor normal(double mean, double std, IntArrayRef size, const std::optional<Generator>& generator = std::nullopt,
              const TensorOptions& options = {});
/// 0 or 1 with the probabilities in `self`, or of the shape and dtype of `self` with probability p.
Tensor bernoulli(const Tensor& self, const std::optional<Generator>& generator = std::nullopt);
Tensor bernoulli(const Tensor& self, double p, const std::optional<Generator>& generator = std::nullopt);
/// Row-wise draws of indices with the probabilities (up to a factor) in the last dimension of `self`.
Tensor multinomial(const Tensor& self, std::int64_t num_samples, bool replacement = false,
                   const std::optional<Generator>& generator = std::nullopt);

}  // namespace xgrad
