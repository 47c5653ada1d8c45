#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../common/analysis.h"
#include "../common/assignment.h"
#include "../common/catalogue.h"
#include "../common/networks.h"
#include "../common/reference.h"
#include "../common/scoped_dtype.h"
#include "../common/text.h"

/// Networks with one hidden layer (task 2), what makes them learn faster (task 3), and wider and deeper ones (task 4).
namespace assignment2 {

using namespace examples;
using course::Of;
using xgrad::Tensor;

constexpr double kEps = 1e-3;               // of the course's gradient approximation
constexpr double kTolerance = kEps * kEps;  // that it must agree to

/// What the formulas of task 1 give in the place of the gradient of the hidden weights.
struct HiddenFormulas {
    double right = 0;           // largest difference of x_i f'(z_j) sum_k w_kj delta_k to the automatic gradient
    double largest = 0;         // largest entry of that gradient
    double inputs = 0;          // of 002's, with x_i for w_kj
    double inputs_largest = 0;  // largest entry of that formula
    double outside = 0;         // largest difference of 003's, with delta_k outside of the sum
    double activation = 0;      // of 003's, whose chain ends with dz_j/da_j
};

class Assignment2 : public Assignment {
  public:
    Assignment2(const AssignmentSettings& settings, std::ostream& log);

    void run_task(const std::string& task) override;
    void judge(Judge& judge) override;
    std::string precision() const override;

    xgrad::ScalarType dtype() const { return settings().dtype.value_or(xgrad::kFloat32); }

    /// A network of the catalogue, trained for every seed.
    const std::vector<Result>& results(const std::string& network);
    const History& history(const std::string& network) { return results(network).front().history; }
    /// Mean and deviation of the training images.
    const course::Moments& moments();
    const HiddenFormulas& hidden_formulas();

    /// Compares quantities of a network with those of the independent program.
    void compare_network(const std::string& network, const std::vector<Of>& quantities);
    /// Says of how many seeds each ordering of these networks, and of no others, is true.
    void compare_orderings(const std::vector<std::string>& networks);

  private:
    std::optional<course::Moments> moments_;
    std::optional<HiddenFormulas> hidden_formulas_;
    std::optional<Splits> splits_;
};

/// 2a to 4f; "3" is all of task 3 together, "stop" early stopping.
std::vector<std::string> task_names();

// --- The tasks, each a section of the report

void task_2a(Assignment2& a);
void task_2b(Assignment2& a);
void task_2c(Assignment2& a);
void task_2d(Assignment2& a);
void task_3a(Assignment2& a);
void task_3b(Assignment2& a);
void task_3c(Assignment2& a);
void task_3(Assignment2& a);
void task_4a(Assignment2& a);
void task_4b(Assignment2& a);
void task_4c(Assignment2& a);
void task_4d(Assignment2& a);
void task_4e(Assignment2& a);
void task_4f(Assignment2& a);
/// The runs with and without early stopping.
void task_stop(Assignment2& a);

/// What the reports say, by calculation where a number decides, else by reading.
void judge_claims(Assignment2& a, Judge& judge);

// --- What several tasks show

/// A training and its name in a figure.
struct Named {
    const History& history;
    std::string label;
};
/// Loss and accuracy of one network on training and validation images.
Figure own_figure(const History& history, const std::string& title);
/// Training loss and validation accuracy of several networks.
Figure comparing_figure(const std::vector<Named>& networks, const std::string& title,
                        std::pair<double, double> accuracy = {0.85, 0.97});
/// The same with the validation losses, on the axes of own_figure.
Figure losses_figure(const std::vector<Named>& networks, const std::string& title);
/// What the course asks of every network: when it stops, and what it reaches.
const std::vector<Of>& main_quantities();

/// How the gradients of a network compare with differences of its loss on 100 images, for 500 weights of each layer.
GradientDifference check_gradients(Assignment2& a, const course::NetworkOptions& network, double eps);
/// The root mean square of the gradient of each layer's weights before the first step; the median of five seeds.
std::vector<double> gradient_sizes(Assignment2& a, const course::NetworkOptions& network);

}  // namespace assignment2
