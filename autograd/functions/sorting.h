#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <tuple>

#include <xgrad/autograd/tensor.h>

/// Order statistics and search. NaN counts as larger than every number. Where elements are chosen, the results are
/// values and their positions along `dim` (int64), and the gradient of a value goes to its position.
namespace xgrad {

// --- Sorting and selection

/// Sorted along `dim`. The order of equal elements is kept, whether asked for (`stable`) or not.
std::tuple<Tensor, Tensor> sort(const Tensor& self, std::int64_t dim = -1, bool descending = false);
std::tuple<Tensor, Tensor> sort(const Tensor& self, std::optional<bool> stable, std::int64_t dim = -1,
                                bool descending = false);
/// The positions of sort().
Tensor argsort(const Tensor& self, std::int64_t dim = -1, bool descending = false);
template <std::same_as<bool> B>
Tensor argsort(const Tensor& self, B stable, std::int64_t dim = -1, bool descending = false) {
    return self.argsort(stable, dim, descending);
}
/// Sorted along the first dimension.
Tensor msort(const Tensor& self);
/// The k largest (or smallest) along `dim`, in order; of equal elements the first. Linear in the size of `dim`. What
/// comes without `sorted` is in order as well.
std::tuple<Tensor, Tensor> topk(const Tensor& self, std::int64_t k, std::int64_t dim = -1, bool largest = true,
                                bool sorted = true);
/// The k-th smallest along `dim`, k from 1 on; equal elements count in their order.
std::tuple<Tensor, Tensor> kthvalue(const Tensor& self, std::int64_t k, std::int64_t dim = -1, bool keepdim = false);
/// The lower median of all elements, which gives its gradient to all that are equal to it, or along `dim`; NaN if there
/// is one.
Tensor median(const Tensor& self);
std::tuple<Tensor, Tensor> median(const Tensor& self, std::int64_t dim, bool keepdim = false);
/// The median of the elements that are not NaN.
Tensor nanmedian(const Tensor& self);
std::tuple<Tensor, Tensor> nanmedian(const Tensor& self, std::int64_t dim, bool keepdim = false);
/// The most frequent value along `dim`, the smallest of several, and the last position of it.
std::tuple<Tensor, Tensor> mode(const Tensor& self, std::int64_t dim = -1, bool keepdim = false);
/// The value below which a share q in [0, 1] of the elements lies, of all or along `dim`, between two elements by
/// "linear", "lower", "higher", "midpoint" or "nearest". A q with one dimension gives the result a first dimension.
/// float32 and float64.
Tensor quantile(const Tensor& self, double q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                std::string_view interpolation = "linear");
Tensor quantile(const Tensor& self, const Tensor& q, std::optional<std::int64_t> dim = std::nullopt,
                bool keepdim = false, std::string_view interpolation = "linear");
/// The quantile of the elements that are not NaN.
Tensor nanquantile(const Tensor& self, double q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                   std::string_view interpolation = "linear");
Tensor nanquantile(const Tensor& self, const Tensor& q, std::optional<std::int64_t> dim = std::nullopt,
                   bool keepdim = false, std::string_view interpolation = "linear");

// --- Distinct values: without gradients. What is not asked for is an empty tensor.

/// The distinct elements in ascending order, and for each element of `self` which of them it is. Every NaN is distinct.
std::tuple<Tensor, Tensor> _unique(const Tensor& self, bool sorted = true, bool return_inverse = false);
/// The same and how often each occurs.
std::tuple<Tensor, Tensor, Tensor> _unique2(const Tensor& self, bool sorted = true, bool return_inverse = false,
                                            bool return_counts = false);
/// The same of the slices of `self` along `dim`, in lexicographic order.
std::tuple<Tensor, Tensor, Tensor> unique_dim(const Tensor& self, std::int64_t dim, bool sorted = true,
                                              bool return_inverse = false, bool return_counts = false);
/// The same of runs of equal elements, or of slices along `dim`: what is not next to each other stays.
std::tuple<Tensor, Tensor, Tensor> unique_consecutive(const Tensor& self, bool return_inverse = false,
                                                      bool return_counts = false,
                                                      std::optional<std::int64_t> dim = std::nullopt);
std::tuple<Tensor, Tensor, Tensor> unique_dim_consecutive(const Tensor& self, std::int64_t dim,
                                                          bool return_inverse = false, bool return_counts = false);
/// For each of `elements` whether it is among the others; the contrary with `invert`.
Tensor isin(const Tensor& elements, const Tensor& test_elements, bool assume_unique = false, bool invert = false);
Tensor isin(const Tensor& elements, const Scalar& test_element, bool assume_unique = false, bool invert = false);
Tensor isin(const Scalar& element, const Tensor& test_elements, bool assume_unique = false, bool invert = false);

// --- Search and counting: without gradients

/// Where each of `self` would be inserted into the last dimension of `sorted_sequence` to keep it sorted: before equal
/// elements, or behind them with `right` (or side "right"). The other dimensions are those of `self`, or there are
/// none. `sorter` (int64) sorts a sequence that is not. The result is int64, or int32.
Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& self, bool out_int32 = false, bool right = false,
                    std::optional<std::string_view> side = std::nullopt, const std::optional<Tensor>& sorter = {});
Tensor searchsorted(const Tensor& sorted_sequence, const Scalar& self, bool out_int32 = false, bool right = false,
                    std::optional<std::string_view> side = std::nullopt, const std::optional<Tensor>& sorter = {});
/// The same of one sorted vector of boundaries.
Tensor bucketize(const Tensor& self, const Tensor& boundaries, bool out_int32 = false, bool right = false);
Tensor bucketize(const Scalar& self, const Tensor& boundaries, bool out_int32 = false, bool right = false);
/// How often each of 0, 1, 2 ... occurs in a vector of integers that are not negative, or the sum of the weights
/// there; at least `minlength` numbers.
Tensor bincount(const Tensor& self, const std::optional<Tensor>& weights = {}, std::int64_t minlength = 0);
/// How many elements lie in each of `bins` parts of [min, max], or of their own range if both are equal. What lies
/// outside does not count.
Tensor histc(const Tensor& self, std::int64_t bins = 100, const Scalar& min = 0, const Scalar& max = 0);

}  // namespace xgrad
