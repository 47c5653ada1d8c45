#pragma once

#include <vector>

#include <xgrad/nn/optim/optimizer.h>

/// Learning rates that change as training goes on. A scheduler refers to its optimiser, which must outlive it.
namespace xgrad::optim {

/// Base of the schedules that depend on the number of steps alone.
class LRScheduler {
  public:
    explicit LRScheduler(Optimizer& optimizer) : optimizer_(optimizer) {}
    virtual ~LRScheduler() = default;
    LRScheduler(const LRScheduler&) = delete;
    LRScheduler& operator=(const LRScheduler&) = delete;

    /// Sets the learning rates of all groups: after an epoch, say, and the optimiser's step.
    void step();

  protected:
    /// The next rate of each group.
    virtual std::vector<double> get_lrs() = 0;
    std::vector<double> get_current_lrs() const;

    unsigned step_count_ = 0;

  private:
    Optimizer& optimizer_;
};

/// Multiplies the rates by `gamma` whenever `step_size` steps are over: in those numbered step_size, 2 step_size ...
/// from 0.
class StepLR : public LRScheduler {
  public:
    /// Throws ValueError for a step_size of 0.
    StepLR(Optimizer& optimizer, unsigned step_size, double gamma = 0.1);

  private:
    std::vector<double> get_lrs() override;

    unsigned step_size_;
    double gamma_;
};

/// Multiplies the rates by `factor` when a metric has not improved in more than `patience` steps in succession. After
/// that, `cooldown` steps do not count. A metric improves if it falls (rises, in mode `max`) beyond the best one by
/// more than `threshold`, a share of the best or, in mode `abs`, a difference. Rates stay as large as `min_lr` has it
/// for each group (0 if it is empty); a change of `eps` or less is not made. If `verbose`, changes are printed.
class ReduceLROnPlateauScheduler {
  public:
    enum SchedulerMode { min, max };
    enum ThresholdMode { rel, abs };

    /// Throws ValueError for a factor of 1 or more, and when min_lr does not fit the groups.
    explicit ReduceLROnPlateauScheduler(Optimizer& optimizer, SchedulerMode mode = min, double factor = 0.1,
                                        int patience = 10, double threshold = 1e-4, ThresholdMode threshold_mode = rel,
                                        int cooldown = 0, const std::vector<double>& min_lr = {}, double eps = 1e-8,
                                        bool verbose = false);
    virtual ~ReduceLROnPlateauScheduler() = default;

    void step(double metric);

  private:
    bool is_better(double metric) const;
    void reduce_lrs() const;

    Optimizer& optimizer_;
    SchedulerMode mode_;
    double factor_;
    int patience_;
    double threshold_;
    ThresholdMode threshold_mode_;
    int cooldown_;
    std::vector<double> min_lrs_;
    double eps_;
    bool verbose_;
    double best_;
    int epoch_ = 0, bad_epochs_ = 0, cooldown_left_ = 0;
};

}  // namespace xgrad::optim
