#include <doctest/doctest.h>

#include <vector>

#include <xgrad/autograd/error.h>
#include <xgrad/nn/optim/schedulers.h>
#include <xgrad/nn/optim/sgd.h>

#include "steps.h"

using namespace xgrad;
using Plateau = optim::ReduceLROnPlateauScheduler;

namespace {

/// An optimiser of two groups with rates of 1 and 0.5.
optim::SGD two_groups() {
    std::vector<optim::OptimizerParamGroup> groups{{{steps::leaf({1})}},
                                                   {{steps::leaf({1})}, std::make_unique<optim::SGDOptions>(0.5)}};
    return {groups, optim::SGDOptions(1)};
}

double rate(const optim::Optimizer& optimizer, std::size_t group = 0) {
    return optimizer.param_groups()[group].options().get_lr();
}

/// The first group's rate after each metric.
std::vector<double> rates(Plateau& scheduler, const optim::Optimizer& optimizer, const std::vector<double>& metrics) {
    std::vector<double> out;
    for (const double metric : metrics) {
        scheduler.step(metric);
        out.push_back(rate(optimizer));
    }
    return out;
}

}  // namespace

TEST_CASE("StepLR multiplies the rates of all groups when its steps are over") {
    optim::SGD sgd = two_groups();
    optim::StepLR scheduler(sgd, 2, 0.5);
    std::vector<double> found;
    for (int i = 0; i < 7; ++i) {
        scheduler.step();
        found.push_back(rate(sgd));
        CHECK(rate(sgd, 1) == rate(sgd) / 2);
    }
    CHECK(found == std::vector<double>{1, 1, 0.5, 0.5, 0.25, 0.25, 0.125});
    // Rates that are set by hand are what it goes on from.
    sgd.param_groups()[0].options().set_lr(8);
    scheduler.step();
    scheduler.step();
    CHECK(rate(sgd) == 4);
    CHECK_THROWS_AS(optim::StepLR(sgd, 0), ValueError);
}

TEST_CASE("a schedule of one's own") {
    class Linear : public optim::LRScheduler {
      public:
        using LRScheduler::LRScheduler;

      private:
        std::vector<double> get_lrs() override {
            std::vector<double> next = get_current_lrs();
            for (double& lr : next) lr = 10 - step_count_;
            if (step_count_ == 2) next.pop_back();
            return next;
        }
    };
    optim::SGD sgd = two_groups();
    Linear scheduler(sgd);
    scheduler.step();
    scheduler.step();
    CHECK(rate(sgd) == 9);
    CHECK(rate(sgd, 1) == 9);
    CHECK_THROWS_AS(scheduler.step(), ValueError);
}

TEST_CASE("ReduceLROnPlateauScheduler: patience, cooldown, thresholds") {
    {
        optim::SGD sgd = two_groups();
        Plateau scheduler(sgd, Plateau::min, 0.5, 1);
        CHECK(rates(scheduler, sgd, {3, 2, 2, 2, 2, 2, 1, 1.5}) ==
              std::vector<double>{1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25});
        CHECK(rate(sgd, 1) == 0.125);
    }
    {
        optim::SGD sgd = two_groups();
        Plateau scheduler(sgd, Plateau::max, 0.5, 0, 0.1, Plateau::rel, 2);
        // 1.05 is no gain of a tenth; two steps of cooldown follow.
        CHECK(rates(scheduler, sgd, {1, 1.05, 1.05, 1.05, 1.05, 1.2}) ==
              std::vector<double>{1, 0.5, 0.5, 0.5, 0.25, 0.25});
    }
    {
        optim::SGD sgd = two_groups();
        Plateau scheduler(sgd, Plateau::min, 0.5, 0, 0.5, Plateau::abs);
        CHECK(rates(scheduler, sgd, {-1, -1.4, -1.6}) == std::vector<double>{1, 0.5, 0.5});
    }
    {
        optim::SGD sgd = two_groups();
        Plateau scheduler(sgd, Plateau::max, 0.5, 0, 0.5, Plateau::abs);
        CHECK(rates(scheduler, sgd, {1, 1.4, 1.6, std::nan("")}) == std::vector<double>{1, 0.5, 0.5, 0.25});
    }
}

TEST_CASE("ReduceLROnPlateauScheduler: smallest rates and changes") {
    optim::SGD sgd = two_groups();
    Plateau scheduler(sgd, Plateau::min, 0.5, 0, 1e-4, Plateau::rel, 0, {0.3, 0.5}, 0.1);
    CHECK(rates(scheduler, sgd, {1, 1, 1, 1}) == std::vector<double>{1, 0.5, 0.3, 0.3});
    CHECK(rate(sgd, 1) == 0.5);
    CHECK_THROWS_WITH_AS(Plateau(sgd, Plateau::min, 1), "[ReduceLROnPlateauScheduler] Factor should be < 1.0, got 1",
                         ValueError);
    CHECK_THROWS_AS(Plateau(sgd, Plateau::min, 0.5, 1, 1e-4, Plateau::rel, 0, {0.1}), ValueError);
}
