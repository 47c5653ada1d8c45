#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../common/analysis.h"
#include "../common/assignment.h"
#include "../common/reference.h"
#include "../common/regression.h"
#include "../common/scoped_dtype.h"
#include "../common/text.h"

/// Logistic regression on the digits 2 and 3 (task 2), softmax regression on all ten (tasks 3 and 4).
namespace assignment1 {

using namespace examples;
using xgrad::Tensor;

constexpr double kEps = 1e-3;               // of the course's gradient approximation
constexpr double kTolerance = kEps * kEps;  // that it must agree to
constexpr std::int64_t kStopped = 1039;     // updates until the early stop
constexpr const char* kLossAxis = "Cross Entropy Loss - Average";

/// What the formulas for the gradient of the penalised loss give, at lambda 1.
struct PenaltyFormulas {
    double right = 0;      // largest difference of -x^T(y - yhat)/N + 2 lambda w to the automatic gradient
    double sign = 0;       // of 000's, with y + yhat
    double off_class = 0;  // largest gradient of a weight whose class is not the image's
    double central = 0;    // of the central difference to the automatic gradient
};

class Assignment1 : public Assignment {
  public:
    Assignment1(const AssignmentSettings& settings, std::ostream& log);

    void run_task(const std::string& task) override;
    void judge(Judge& judge) override;
    std::string precision() const override;

    xgrad::ScalarType binary_dtype() const { return settings().dtype.value_or(xgrad::kFloat64); }
    xgrad::ScalarType class_dtype() const { return settings().dtype.value_or(xgrad::kFloat32); }
    /// How well deterministic numbers of the digits 2 and 3 must agree.
    double tolerance() const { return binary_dtype() == xgrad::kFloat64 ? 1e-13 : 1e-7; }

    // --- Networks for the digits 2 and 3

    /// Until early stopping: without shuffling, or with it for every seed.
    const std::vector<Result>& stopped(bool shuffle);
    const std::vector<Result>& fifty_epochs(bool shuffle);
    /// Measured after every step for 40 epochs; with `centred` the mean image is subtracted.
    const Result& every_step(bool centred);

    // --- Networks for all digits

    const std::vector<Result>& softmax(double lambda);
    const Splits& all_digits();
    const PenaltyFormulas& penalty_formulas();

  private:
    const std::vector<Result>& logistic(const std::string& name, const TrainingOptions& options, bool random);

    std::optional<Splits> all_digits_;
    std::optional<PenaltyFormulas> penalty_formulas_;
};

/// 2a to 4e.
std::vector<std::string> task_names();

// --- The tasks, each a section of the report

void task_2a(Assignment1& a);
void task_2b(Assignment1& a);
void task_2c(Assignment1& a);
void task_2d(Assignment1& a);
void task_2e(Assignment1& a);
void task_3a(Assignment1& a);
void task_3b(Assignment1& a);
void task_3c(Assignment1& a);
void task_3d(Assignment1& a);
void task_4a(Assignment1& a);
void task_4b(Assignment1& a);
void task_4c(Assignment1& a);
void task_4d(Assignment1& a);
void task_4e(Assignment1& a);

/// What the reports say, by calculation where a number decides, else by reading.
void judge_claims(Assignment1& a, Judge& judge);

// --- What several tasks draw and compare

/// The course's gradient check with small weights and with weights of order one; a derivative that is slightly wrong
/// must fail it.
std::vector<Comparison> gradient_comparisons(const Trainee& trainee, const Tensor& input, const Tensor& target);

Figure loss_figure(const History& history, const std::string& title, std::pair<double, double> limits);
Figure accuracy_figure(const History& history, const std::string& title, std::pair<double, double> limits);

// --- Of softmax regression, over the seeds

Range validation_accuracy_of(const std::vector<Result>& results);
Range norm_of(const std::vector<Result>& results);
Range crossing_of(const std::vector<Result>& results);
/// Of the check nearest to a step.
Range loss_near(const std::vector<Result>& results, std::int64_t step);
/// The training accuracy minus the validation accuracy there.
Range gap_near(const std::vector<Result>& results, std::int64_t step);

}  // namespace assignment1
