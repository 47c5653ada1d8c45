#include <doctest/doctest.h>

#include "reference.h"

using xgrad::TensorList;

TEST_CASE("reductions agree with PyTorch") {
    reference::check("reduction", {
                                      {"sum dim 1", [](const TensorList& x) { return TensorList{x[0].sum(1)}; }},
                                      {"amax dims 0 and 2",
                                       [](const TensorList& x) {
                                           return TensorList{x[0].amax({0, 2})};
                                       }},
                                  });
}
