#include <xgrad/nn/optim/schedulers.h>

#include <algorithm>
#include <iostream>
#include <limits>

#include <xgrad/autograd/error.h>

namespace xgrad::optim {

std::vector<double> LRScheduler::get_current_lrs() const {
    std::vector<double> rates;
    for (const OptimizerParamGroup& group : optimizer_.param_groups()) rates.push_back(group.options().get_lr());
    return rates;
}

void LRScheduler::step() {
    const std::vector<double> rates = get_lrs();
    auto& groups = optimizer_.param_groups();
    if (rates.size() != groups.size())
        raise<ValueError>("LRScheduler",
                          "Number of learning rates not equal to the number of param groups: ", rates.size(),
                          " rates, ", groups.size(), " groups");
    for (std::size_t i = 0; i < rates.size(); ++i) groups[i].options().set_lr(rates[i]);
    ++step_count_;
}

StepLR::StepLR(Optimizer& optimizer, unsigned step_size, double gamma)
    : LRScheduler(optimizer), step_size_(step_size), gamma_(gamma) {
    if (step_size == 0) raise<ValueError>("StepLR", "step_size must be at least 1, got 0");
}

std::vector<double> StepLR::get_lrs() {
    std::vector<double> rates = get_current_lrs();
    if (step_count_ > 0 && step_count_ % step_size_ == 0)
        for (double& rate : rates) rate *= gamma_;
    return rates;
}

ReduceLROnPlateauScheduler::ReduceLROnPlateauScheduler(Optimizer& optimizer, SchedulerMode mode, double factor,
                                                       int patience, double threshold, ThresholdMode threshold_mode,
                                                       int cooldown, const std::vector<double>& min_lr, double eps,
                                                       bool verbose)
    : optimizer_(optimizer),
      mode_(mode),
      factor_(factor),
      patience_(patience),
      threshold_(threshold),
      threshold_mode_(threshold_mode),
      cooldown_(cooldown),
      min_lrs_(min_lr),
      eps_(eps),
      verbose_(verbose),
      best_(mode == min ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity()) {
    constexpr const char* name = "ReduceLROnPlateauScheduler";
    if (!(factor < 1)) raise<ValueError>(name, "Factor should be < 1.0, got ", factor);
    const std::size_t groups = optimizer.param_groups().size();
    if (min_lrs_.empty()) min_lrs_.resize(groups, 0);
    if (min_lrs_.size() != groups)
        raise<ValueError>(name, "Number of learning rates not equal to the number of param groups: ", min_lrs_.size(),
                          " rates, ", groups, " groups");
}

void ReduceLROnPlateauScheduler::step(double metric) {
    ++epoch_;
    const bool better = is_better(metric);
    if (better) best_ = metric;
    bad_epochs_ = better ? 0 : bad_epochs_ + 1;
    if (cooldown_left_ > 0) {
        --cooldown_left_;
        bad_epochs_ = 0;
    }
    if (bad_epochs_ <= patience_) return;
    reduce_lrs();
    cooldown_left_ = cooldown_;
    bad_epochs_ = 0;
}

bool ReduceLROnPlateauScheduler::is_better(double metric) const {
    const double sign = mode_ == min ? -1 : 1;
    const double goal = threshold_mode_ == rel ? best_ * (1 + sign * threshold_) : best_ + sign * threshold_;
    return mode_ == min ? metric < goal : metric > goal;
}

void ReduceLROnPlateauScheduler::reduce_lrs() const {
    auto& groups = optimizer_.param_groups();
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const double old_rate = groups[i].options().get_lr();
        const double rate = std::max(old_rate * factor_, i < min_lrs_.size() ? min_lrs_[i] : 0);
        if (!(old_rate - rate > eps_)) continue;
        groups[i].options().set_lr(rate);
        if (verbose_)
            std::cout << "Epoch " << epoch_ << ": reducing learning rate of group " << i << " to " << rate << std::endl;
    }
}

}  // namespace xgrad::optim
