#include <cmath>

#include "assignment.h"

/// Tasks 4a to 4f: wider, narrower and deeper networks.
namespace assignment2 {

namespace {

constexpr const char* kSettings = "with the weights, the improved sigmoid and the momentum of task 3";

/// The first steps of a training, up to where early stopping ends it.
History until_stop(History history) {
    if (!history.stop) return history;
    const std::int64_t end = history.stop->step;
    history.loss.resize(static_cast<std::size_t>(end) + 1);
    while (history.checks.back().step > end) history.checks.pop_back();
    return history;
}

/// The size of the gradient in every layer of ten.
void gradient_table(Assignment2& a) {
    struct Kind {
        const char* name;
        course::NetworkOptions network;
    };
    const std::vector<std::int64_t> ten(10, 64);
    const std::vector<Kind> kinds{{"logistic, uniform(-1, 1)", {ten, "sigmoid", course::Weights::kUniform}},
                                  {"logistic, fan-in", {ten, "sigmoid", course::Weights::kFanIn}},
                                  {"improved sigmoid, fan-in", {ten, "improved_sigmoid", course::Weights::kFanIn}},
                                  {"ReLU, fan-in", {ten, "relu", course::Weights::kFanIn}},
                                  {"ReLU, He", {ten, "relu", course::Weights::kHe}}};
    Table sizes{
        "Root mean square of the gradient of each layer\u2019s weights before the first step, median of five "
        "seeds",
        {"layer"},
        {}};
    for (int layer = 1; layer <= 10; ++layer) sizes.rows.push_back({std::to_string(layer)});
    sizes.rows.push_back({"output"});
    for (const Kind& kind : kinds) {
        sizes.head.emplace_back(kind.name);
        const std::vector<double> found = gradient_sizes(a, kind.network);
        for (std::size_t i = 0; i < found.size(); ++i) sizes.rows[i].push_back(scientific(found[i]));
    }
    sizes.rows.push_back({"NumPy: first, tenth, output", "6.5e-05, 2.9e-02, 1.2e-01", "8.9e-09, 2.4e-03, 2.5e-02",
                          "1.2e-02, 1.2e-02, 2.8e-02", "2.8e-04, 2.0e-04, 4.9e-04", "1.5e-02, 3.1e-02, 1.0e-01"});
    a.report().table(sizes);
    a.report().paragraph(
        "The gradient vanishes with logistic units alone. Within a factor of 3 the sizes are those of NumPy: a deep "
        "network of ReLUs varies that much with its seed.");
}

/// When each network stops, and what it reaches.
void network_tables(Assignment2& a) {
    const std::string never =
        a.settings().quick ? "not in " + std::to_string(kQuickSteps) + " steps" : std::string("never");
    Table stops{"When each network stops, and the time it takes (first seed)",
                {"network", "stop step", "epoch", "seconds with early stopping", "without", "ratio"},
                {}};
    Table steps{"What each network reaches (first seed)",
                {"network", "lowest validation loss", "at step", "first check with 0.90", "0.93", "0.95", "0.96"},
                {}};
    Table ends{"After 50 epochs (first seed)",
               {"network", "training loss", "training accuracy", "validation loss", "validation accuracy",
                "best validation accuracy"},
               {}};
    for (const course::NetworkCase& network : course::networks()) {
        const Result& result = a.results(network.name).front();
        const History& history = result.history;
        if (history.stop) {
            const EarlyStop& stop = *history.stop;
            stops.rows.push_back({network.name, grouped(stop.step), std::to_string(history.epoch(stop.step) + 1),
                                  fixed(stop.seconds, 2), fixed(history.seconds, 2),
                                  fixed(history.seconds / stop.seconds, 2)});
        } else {
            stops.rows.push_back({network.name, never, "", "", fixed(history.seconds, 2), ""});
        }
        std::vector<std::string> row{network.name, fixed(history.best().validation.loss, 4),
                                     grouped(history.best().step)};
        for (const Of of : {Of::kReaches90, Of::kReaches93, Of::kReaches95, Of::kReaches96}) {
            const double step = quantity(of).of(result);
            row.push_back(std::isnan(step) ? never : grouped(static_cast<std::int64_t>(step)));
        }
        steps.rows.push_back(row);
        ends.rows.push_back({network.name, fixed(result.training.loss, 5), fixed(result.training.accuracy, 4),
                             fixed(result.validation.loss, 4), fixed(result.validation.accuracy, 4),
                             fixed(history.best_accuracy(), 4)});
    }
    a.report().table(stops);
    a.report().paragraph(
        "The seconds include the checks. Those of networks whose training accuracy is drawn take all 20,000 training "
        "images, those of the others 1,000.");
    a.report().table(steps);
    a.report().table(ends);
}

}  // namespace

void task_4a(Assignment2& a) {
    a.report().section("4a", "32 units", std::string("Half as many hidden units, ") + kSettings + ".");
    a.show("A2-5", comparing_figure({{a.history("64"), "64 units"}, {a.history("32"), "32 units"}}, "64 and 32 units"),
           "As 002 and 004 draw it.");
    a.show("A2-5b", own_figure(a.history("32"), "32 units"), "32 units alone, as 003 draws it.");
    a.compare_network("32", main_quantities());
    a.compare_orderings({"32", "64"});
}

void task_4b(Assignment2& a) {
    a.report().section("4b", "128 units", std::string("Twice as many hidden units, ") + kSettings + ".");
    a.show("A2-6",
           comparing_figure({{a.history("64"), "64 units"}, {a.history("128"), "128 units"}}, "64 and 128 units",
                            {0.85, 0.98}),
           "As 002 and 004 draw it.");
    a.show("A2-6b", own_figure(a.history("128"), "128 units"), "128 units alone, as 003 draws it.");
    a.compare_network("128", main_quantities());
    a.compare_orderings({"128", "64"});
}

void task_4c(Assignment2& a) {
    a.report().section("4c", "Any number of layers",
                       "The gradient of a network with two hidden layers of 64, improved sigmoid, weights from "
                       "uniform(-1, 1), against central differences.");
    const GradientDifference found =
        check_gradients(a, {{64, 64}, "improved_sigmoid", course::Weights::kUniform, 0.1, 0}, kEps);
    const course::NetworkOptions relu{{64}, "relu", course::Weights::kFanIn, 0.1, 0};
    const GradientDifference kinks = check_gradients(a, relu, kEps);
    const GradientDifference close = check_gradients(a, relu, 1e-6);
    a.report().comparisons(
        {{"largest difference, two hidden layers", scientific(found.largest), "below 1e-6 (task), 4.1e-7 (NumPy)",
          right_if(found.largest < kTolerance)},
         {"the same on a gradient multiplied by 1 + 1e-4", scientific(found.scaled), "above 1e-6: must fail",
          right_if(found.scaled > kTolerance)},
         {"one hidden layer of ReLUs, eps 1e-3", scientific(kinks.largest), "above 1e-6: must fail; 6.9e-4 (NumPy)",
          right_if(kinks.largest > kTolerance)},
         {"the same with eps 1e-6", scientific(close.largest), "below 1e-6", right_if(close.largest < kTolerance)}});
    a.report().paragraph(
        "A network of ReLUs has kinks: where the difference of two losses reaches over one, it is a mean of two "
        "slopes and agrees with neither. The gradient is right; the step of the difference has to be smaller than the "
        "distance to the kink.");
}

void task_4d(Assignment2& a) {
    a.report().section(
        "4d", "Two hidden layers",
        "Two equal hidden layers with about the parameters of the network of task 3, 50,880: two of 60 have 51,300 "
        "with a 1 in the input, two of 59 have 50,455 with biases everywhere, nearest to 50,890. 002 takes two of 32, "
        "which have half of them, and 003 two of 64.");
    a.show("A2-7a", losses_figure({{a.history("64"), "64"}, {a.history("2x32"), "32 + 32"}}, "Two layers of 32"),
           "002: two layers of 32. Solid training loss, dashed validation loss.");
    a.show("A2-7b", own_figure(a.history("2x64"), "Two layers of 64"), "003: two layers of 64.");
    a.show("A2-7c", losses_figure({{a.history("64"), "64"}, {a.history("2x60"), "60 + 60"}}, "Two layers of 60"),
           "004: two layers of 60.");
    for (const char* network : {"2x32", "2x59", "2x60", "2x64"}) a.compare_network(network, main_quantities());
    a.compare_orderings({"64", "2x32", "2x60"});
}

void task_4e(Assignment2& a) {
    a.report().section(
        "4e", "Ten hidden layers",
        std::string("Ten hidden layers of 64, ") + kSettings +
            ". The task\u2019s own explanation for what follows is a vanishing gradient. With the improved sigmoid it "
            "does not vanish: the step is too large. A quarter of the learning rate makes the network as good as the "
            "one of task 3.");
    a.show("A2-8",
           comparing_figure({{a.history("64"), "64"}, {a.history("2x32"), "32 + 32"}, {a.history("10x64"), "ten x 64"}},
                            "One, two and ten hidden layers"),
           "As 002 draws it, with its network of task 4d.");
    a.show("A2-8d",
           comparing_figure({{a.history("64"), "64"}, {a.history("2x60"), "60 + 60"}, {a.history("10x64"), "ten x 64"}},
                            "One, two and ten hidden layers"),
           "As 004 draws it, with its network of task 4d.");
    a.show("A2-8b", own_figure(a.history("10x64"), "Ten layers of 64"), "Ten layers alone, as 003 draws it.");
    a.show("A2-8c",
           comparing_figure({{a.history("64"), "64"},
                             {a.history("10x64"), "ten x 64, lr 0.02"},
                             {a.history("10x64, lr 0.005"), "ten x 64, lr 0.005"},
                             {a.history("10x64 sigmoid"), "ten x 64, logistic units"}},
                            "What ails ten layers", {0.1, 1}),
           "With the learning rate of task 3, with a quarter of it, and with logistic units, whose gradient does "
           "vanish.");
    gradient_table(a);
    for (const char* network : {"10x64", "10x64, lr 0.005"}) a.compare_network(network, main_quantities());
    a.compare_network("10x64 sigmoid", {Of::kStopAccuracy, Of::kStopLoss, Of::kLowestLoss, Of::kAccuracy});
    a.compare_orderings({"64", "10x64", "10x64, lr 0.005"});
}

void task_4f(Assignment2& a) {
    a.report().section("4f", "ReLUs",
                       "ReLUs in the place of the improved sigmoid, with weights by fan-in and by He\u2019s rule, in "
                       "one layer and in ten.");
    a.show("A2-10",
           comparing_figure({{a.history("64"), "improved sigmoid"}, {a.history("64 ReLU"), "ReLU"}},
                            "Improved sigmoid and ReLU", {0.85, 0.98}),
           "One hidden layer of 64, as 004 draws it.");
    a.show("A2-10b",
           comparing_figure({{a.history("10x64"), "improved sigmoid"},
                             {a.history("10x64 ReLU"), "ReLU, fan-in"},
                             {a.history("10x64 ReLU, He"), "ReLU, He"}},
                            "Ten layers of ReLUs", {0.8, 0.98}),
           "Ten hidden layers of 64. With this learning rate some runs collapse on the way.");
    for (const char* network : {"64 ReLU", "64 ReLU, He", "10x64 ReLU", "10x64 ReLU, He"}) {
        a.compare_network(network, main_quantities());
    }
    a.compare_orderings({"64", "64 ReLU"});
}

void task_stop(Assignment2& a) {
    a.report().section("stop", "With and without early stopping",
                       "002 measures 342.85 s without early stopping and 132.17 s with it, for three networks: a ratio "
                       "of 2.59. Here each network was trained once, to the end; the time until its stop was taken on "
                       "the way.");
    const History one = until_stop(a.history("64"));
    const History two = until_stop(a.history("2x32"));
    const History ten = until_stop(a.history("10x64"));
    a.show("A2-9",
           comparing_figure({{one, "64"}, {two, "32 + 32"}, {ten, "ten x 64"}},
                            "One, two and ten hidden layers, early stopping"),
           "The figure of task 4e with early stopping, as 002 draws it.");

    network_tables(a);
    double with = 0;
    double without = 0;
    for (const char* network : {"64", "2x32", "10x64"}) {
        const History& history = a.history(network);
        with += history.stop ? history.stop->seconds : history.seconds;
        without += history.seconds;
    }
    a.report().comparisons({{"seconds for the three networks of 002, without early stopping", fixed(without, 2),
                             "342.85 (002)", Verdict::kNote, "another machine, another library"},
                            {"with early stopping", fixed(with, 2), "132.17 (002)", Verdict::kNote},
                            {"ratio", fixed(without / with, 2), "2.59 (002)", Verdict::kNote,
                             "of one network: 2.4 to 3.5; ten layers give 1.7 to 2.7 (NumPy)"}});
}

}  // namespace assignment2
