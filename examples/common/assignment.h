#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "course.h"
#include "experiments.h"
#include "figure.h"
#include "image_grid.h"
#include "judge.h"
#include "report.h"

/// What the programs of the two assignments share: options, the order of the tasks, the report.
namespace examples {

struct AssignmentSettings {
    std::vector<std::string> tasks;  // all if empty
    std::uint64_t seed = 0;
    int seeds = 1;
    std::optional<xgrad::ScalarType> dtype;  // of all networks, instead of what the assignment would choose
    int threads = 2;
    std::string output;
    bool biases_in_layers = false;
    bool quick = false;
};

/// Trainings on all ten digits end after so many steps in a quick run.
constexpr std::int64_t kQuickSteps = 300;

/// Where the seconds of gradient checks are entered.
constexpr const char* kGradientTime = "gradient checks";

/// The label of the horizontal axis in all figures of the course.
constexpr const char* kStepsAxis = "Number of Training Steps";

/// An assignment that is being worked on: its data, networks and report. Networks are trained when a task first asks.
class Assignment {
  public:
    /// Loads the data. The report begins with a title and a lead.
    Assignment(const AssignmentSettings& settings, std::string title, std::string lead, std::ostream& log);
    virtual ~Assignment() = default;
    Assignment(const Assignment&) = delete;
    Assignment& operator=(const Assignment&) = delete;

    virtual void run_task(const std::string& task) = 0;
    /// Judges the claims that belong to the tasks that were chosen.
    virtual void judge(Judge& judge) = 0;
    /// The precision of the networks in words.
    virtual std::string precision() const = 0;

    const AssignmentSettings& settings() const { return settings_; }
    Report& report() { return report_; }
    Experiments& experiments() { return experiments_; }
    const course::Data& data() const { return data_; }
    course::Bias bias() const { return settings_.biases_in_layers ? course::Bias::kLayers : course::Bias::kColumn; }

    /// Draws a figure, and puts it into the report with the caption.
    void show(const std::string& id, const Figure& figure, const std::string& caption);
    void show(const std::string& id, const ImageGrid& grid, const std::string& caption);

    /// Comparisons, without verdicts when the run was too short for them to mean anything.
    void compare_long_runs(const std::vector<Comparison>& comparisons, const std::string& caption = {});

  private:
    AssignmentSettings settings_;
    course::Data data_;
    Report report_;
    Experiments experiments_;
};

/// "single" or "double".
std::string precision_name(xgrad::ScalarType dtype);

/// What distinguishes one assignment's program from the other's.
struct AssignmentProgram {
    std::string name;                // of the program and of its folder
    std::string description;         // for --help
    std::string precision;           // what holds without --float and --double
    std::vector<std::string> tasks;  // in their order
    Judge::Homes homes;              // see Judge
    std::function<std::unique_ptr<Assignment>(const AssignmentSettings&, std::ostream&)> make;
};

/// Reads the options, runs the tasks, writes the report. Returns the program's exit code: 1 after an error, which it
/// prints, 130 after Ctrl-C.
int assignment_main(int argc, const char* const* argv, const AssignmentProgram& program);

}  // namespace examples
