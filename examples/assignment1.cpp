// Assignment 1 of a course on deep learning: logistic and softmax regression on MNIST, every number of two reports on
// it reproduced or refuted. --help says what can be chosen.
#include "assignment1/assignment.h"

int main(int argc, char** argv) {
    return examples::assignment_main(argc, argv,
                                     {"assignment1",
                                      "Reproduces assignment 1: logistic and softmax regression on MNIST.",
                                      "task 2 is in double precision and the others in single",
                                      assignment1::task_names(),
                                      {{"1a", "2a"}, {"1b", "3a"}},
                                      [](const examples::AssignmentSettings& settings, std::ostream& log) {
                                          return std::make_unique<assignment1::Assignment1>(settings, log);
                                      }});
}
