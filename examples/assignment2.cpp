// Assignment 2 of a course on deep learning: networks with hidden layers on MNIST, every number of three reports on it
// reproduced or refuted. --help says what can be chosen.
#include "assignment2/assignment.h"

int main(int argc, char** argv) {
    return examples::assignment_main(argc, argv,
                                     {"assignment2",
                                      "Reproduces assignment 2: networks with hidden layers on MNIST.",
                                      "single precision",
                                      assignment2::task_names(),
                                      {{"1a", "2b"}, {"1b", "2b"}, {"figures", "3"}, {"4", "4b"}},
                                      [](const examples::AssignmentSettings& settings, std::ostream& log) {
                                          return std::make_unique<assignment2::Assignment2>(settings, log);
                                      }});
}
