#include "samples.h"

#include <doctest/doctest.h>

#include <xgrad/autograd/parallel.h>

namespace samples {

void check_any_number_of_threads(const std::function<xgrad::TensorList()>& compute) {
    const int before = xgrad::get_num_threads();
    xgrad::TensorList expected;
    for (const int threads : {1, 2, 4, 8}) {
        CAPTURE(threads);
        xgrad::set_num_threads(threads);
        const xgrad::TensorList got = compute();
        if (threads == 1) expected = got;
        REQUIRE(got.size() == expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
            CAPTURE(i);
            CHECK(got[i].defined() == expected[i].defined());
            if (got[i].defined()) CHECK(got[i].equal(expected[i]));
        }
    }
    xgrad::set_num_threads(before);
}

// One pair of functions for each file of samples.
#define XGRAD_FAMILY(name)                \
    std::vector<Sample> name##_samples(); \
    std::vector<WrongInput> name##_wrong();
#include "families.inc"

std::vector<Sample> all() {
    std::vector<Sample> out;
#define XGRAD_FAMILY(name) \
    for (auto& sample : name##_samples()) out.push_back(std::move(sample));
#include "families.inc"
    return out;
}

std::vector<WrongInput> all_wrong() {
    std::vector<WrongInput> out;
#define XGRAD_FAMILY(name) \
    for (auto& wrong : name##_wrong()) out.push_back(std::move(wrong));
#include "families.inc"
    return out;
}

}  // namespace samples
