#pragma once

#include <array>
#include <string>
#include <vector>

#include "analysis.h"
#include "networks.h"
#include "reference.h"

/// The networks of assignment 2, and what an independent NumPy program found of them over some seeds.
namespace examples::course {

/// A number read off a trained network; NaN if there is none, such as the stop of a training that never stops.
struct Quantity {
    std::string name;
    int digits;
    Slack slack;
    /// Whether only one run in five may leave the widened range; else the middle run must lie in it. The ranges are
    /// those of at most ten runs: over all networks, quantities and seeds some leave them by chance.
    bool strict;
    double (*of)(const Result&);
};

/// The quantities that the catalogue has numbers for, as they stand in its rows.
enum class Of {
    kStopStep,
    kStopTrainingLoss,
    kStopTrainingAccuracy,
    kStopLoss,
    kStopAccuracy,
    kLowestLoss,
    kAccuracy,      // after 50 epochs
    kTrainingLoss,  // after 50 epochs
    kAccuracyAt625,
    kAccuracyAt1250,
    kAccuracyAt5000,
    kReaches90,  // first step with this validation accuracy, in percent
    kReaches93,
    kReaches95,
    kReaches96,
    kBestAccuracy,
};
inline constexpr std::size_t kQuantities = 16;
const Quantity& quantity(Of of);

/// The smallest and the largest number over the seeds, and for how many there was none.
struct Seen {
    double low = 0;
    double high = 0;
    int none = 0;
};

struct NetworkCase {
    std::string name;
    NetworkOptions options;
    int seeds = 0;
    std::array<Seen, kQuantities> seen;
};
const std::vector<NetworkCase>& networks();
/// Throws xgrad::ValueError for a name that is not there.
const NetworkCase& network_case(const std::string& name);

/// Patience of 50 checks, but trained on to 50 epochs.
TrainingOptions network_training();

/// Our number beside the program's: reproduced if enough runs (see Quantity) lie in the range that was seen, widened as
/// `ranged` does. A run without a number counts as inside if the program had one, too.
Comparison compared(const NetworkCase& network, Of of, const std::vector<Result>& results);

/// That a quantity of one network is below that of another trained with the same seed.
struct Ordering {
    std::string smaller;
    std::string larger;
    Of of;
    int holds;  // in so many pairs of the independent program
    int pairs;
    bool always() const { return holds == pairs; }
};
const std::vector<Ordering>& orderings();

/// In how many pairs it holds; a pair is one seed for which both networks have a number.
struct Held {
    int holds = 0;
    int pairs = 0;
};
Held held(const Ordering& ordering, const std::vector<Result>& smaller, const std::vector<Result>& larger);

}  // namespace examples::course
