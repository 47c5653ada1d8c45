#pragma once

#include <functional>
#include <string>
#include <vector>

#include <xgrad/autograd/functions.h>

/// Samples of structured operations: what the table of operations is run with. Element-wise ones draw theirs from the
/// row's domain.
namespace samples {

/// How an input lies in memory; the values are the same.
enum class Arrangement { kContiguous, kTransposed, kSliced, kExpanded };
inline constexpr Arrangement kArrangements[] = {Arrangement::kContiguous, Arrangement::kTransposed,
                                                Arrangement::kSliced, Arrangement::kExpanded};

/// `values` (float64 or float32) laid out as asked. An expanded tensor repeats its first slice, so its values differ.
xgrad::Tensor lay_out(const xgrad::Tensor& values, Arrangement layout);
/// Uniform in [low, high), at least 0.05 away from `kink`.
xgrad::Tensor uniform(xgrad::IntArrayRef sizes, double low, double high, std::uint64_t seed, double kink = 1e300);

/// Checks that `compute` gives the same bits for 1, 2, 4 and 8 threads.
void check_any_number_of_threads(const std::function<xgrad::TensorList()>& compute);

struct Sample {
    std::string operation;  // name in the table
    std::function<xgrad::Tensor(const xgrad::TensorList&)> call;
    std::vector<std::vector<std::int64_t>> shapes;  // of the inputs
    bool twice_differentiable = true;
    /// Values of the inputs: distinct by default, so that maxima are unique.
    std::function<xgrad::TensorList()> inputs = {};
};

/// The inputs of a sample, of which gradients can be asked.
xgrad::TensorList make_inputs(const Sample& sample, Arrangement layout);

struct WrongInput {
    std::string operation;
    std::function<void()> call;
    std::string message;  // a part of it
};

/// All families' samples and wrong inputs.
std::vector<Sample> all();
std::vector<WrongInput> all_wrong();

}  // namespace samples
