#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/elementwise/row_op.h>
#include <xgrad/autograd/ops/loss/loss.h>

namespace xgrad {

namespace ops {

using ElementLosses = FamilyOfRows<LossRows>::Type;

std::vector<OpInfo> loss_operations() { return ElementLosses::table(); }

Tensor reduce_losses(const Tensor& losses, Reduction reduction) {
    return reduction == Reduction::None ? losses : reduction == Reduction::Mean ? losses.mean() : losses.sum();
}

namespace {

template <class Row, class... In>
Tensor losses(const Row& row, const In&... inputs) {
    return ElementLosses::apply(RowOp<Row>{row}, inputs...);
}

Tensor weighted(const Tensor& losses, const std::optional<Tensor>& weight) {
    return weight && weight->defined() ? losses * *weight : losses;
}

void check_same_size(const char* name, const Tensor& input, const Tensor& target) {
    if (input.sizes() != target.sizes())
        raise<ShapeError>(name, "Target size ", target.sizes(), " must be the same as input size ", input.sizes());
}

void check_probabilities(const char* name, const Tensor& input) {
    const Tensor plain = detail::innermost(input).detach();
    if (plain.numel() == 0) return;
    const double low = plain.min().item().to_double(), high = plain.max().item().to_double();
    if (!(low >= 0 && high <= 1))
        raise<ValueError>(name, "all elements of input should be between 0 and 1, they are from ", low, " to ", high);
}

/// The variances in a shape that broadcasts to the input's.
Tensor variances(const Tensor& input, const Tensor& var) {
    constexpr const char* name = rows::GaussianNll::name;
    if (detail::innermost(var).lt(0).any().item<bool>()) raise<ValueError>(name, "var has negative entry/entries");
    if (var.sizes() == input.sizes()) return var;
    const IntArrayRef sizes = input.sizes(), found = var.sizes();
    const auto leads = [&](std::size_t n) { return sizes.slice(0, n) == found.slice(0, n); };
    const std::size_t last = sizes.empty() ? 0 : sizes.size() - 1;
    if (!sizes.empty() && found.size() == last && leads(last)) return var.unsqueeze(-1);
    if (!sizes.empty() && found.size() == sizes.size() && found.back() == 1 && leads(last)) return var;
    raise<ShapeError>(name, "var is of incorrect size: an input of shape ", detail::shape_string(sizes),
                      " needs the same, or one without the last dimension or with 1 there, got ",
                      detail::shape_string(found));
}

}  // namespace

}  // namespace ops

using ops::losses;
using ops::reduce_losses;
namespace rows = ops::rows;

// --- Regression

Tensor l1_loss(const Tensor& self, const Tensor& target, Reduction reduction) {
    return reduce_losses(losses(rows::AbsoluteError{}, self, target), reduction);
}

Tensor mse_loss(const Tensor& self, const Tensor& target, Reduction reduction) {
    return reduce_losses(losses(rows::SquaredError{}, self, target), reduction);
}

Tensor smooth_l1_loss(const Tensor& self, const Tensor& target, Reduction reduction, double beta) {
    if (!(beta >= 0)) raise<ValueError>("smooth_l1_loss", "does not support negative values for beta, got ", beta);
    if (beta == 0) return l1_loss(self, target, reduction);
    return reduce_losses(losses(rows::SmoothAbsoluteError{beta}, self, target), reduction);
}

Tensor huber_loss(const Tensor& self, const Tensor& target, Reduction reduction, double delta) {
    if (!(delta > 0)) raise<ValueError>("huber_loss", "does not support non-positive values for delta, got ", delta);
    return reduce_losses(losses(rows::HuberError{delta}, self, target), reduction);
}

Tensor gaussian_nll_loss(const Tensor& input, const Tensor& target, const Tensor& var, bool full, double eps,
                         Reduction reduction) {
    constexpr double kHalfLog2Pi = rows::Stirling::kLog2Pi / 2;
    if (!(eps > 0)) raise<ValueError>("gaussian_nll_loss", "eps must be greater than 0, got ", eps);
    const rows::GaussianNll row{eps, full ? kHalfLog2Pi : 0.0};
    return reduce_losses(losses(row, input, target, ops::variances(input, var)), reduction);
}

// --- Probabilities

Tensor binary_cross_entropy(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight,
                            Reduction reduction) {
    using Row = rows::BinaryCrossEntropy;
    ops::check_same_size(Row::name, self, target);
    ops::check_probabilities(Row::name, self);
    return reduce_losses(ops::weighted(losses(Row{}, self, target), weight), reduction);
}

Tensor binary_cross_entropy_with_logits(const Tensor& self, const Tensor& target, const std::optional<Tensor>& weight,
                                        const std::optional<Tensor>& pos_weight, Reduction reduction) {
    ops::check_same_size(rows::BinaryCrossEntropyWithLogits::name, self, target);
    const Tensor each = pos_weight && pos_weight->defined()
                            ? losses(rows::WeightedLogits{}, self, target, *pos_weight)
                            : losses(rows::BinaryCrossEntropyWithLogits{}, self, target);
    return reduce_losses(ops::weighted(each, weight), reduction);
}

Tensor kl_div(const Tensor& self, const Tensor& target, Reduction reduction, bool log_target) {
    return reduce_losses(
        log_target ? losses(rows::KlDivergenceOfLogs{}, self, target) : losses(rows::KlDivergence{}, self, target),
        reduction);
}

Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, bool log_input, bool full, double eps,
                        Reduction reduction) {
    const Tensor each =
        log_input ? losses(rows::PoissonNllOfLog{}, input, target) : losses(rows::PoissonNll{eps}, input, target);
    return reduce_losses(full ? each + losses(rows::Stirling{}, target) : each, reduction);
}

// --- Margins

Tensor soft_margin_loss(const Tensor& self, const Tensor& target, Reduction reduction) {
    return reduce_losses(losses(rows::SoftMargin{}, self, target), reduction);
}

Tensor hinge_embedding_loss(const Tensor& self, const Tensor& target, double margin, Reduction reduction) {
    return reduce_losses(losses(rows::HingeEmbedding{margin}, self, target), reduction);
}

Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target, double margin,
                           Reduction reduction) {
    return reduce_losses(losses(rows::MarginRanking{margin}, input1, input2, target), reduction);
}

}  // namespace xgrad
