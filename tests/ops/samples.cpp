#include "samples.h"

namespace samples {

// One pair of functions for each file of operations.
#define XGRAD_FAMILIES(family) \
    family(view) family(product) family(reduction) family(softmax) family(loss) family(index) family(join)
#define XGRAD_DECLARE(name)               \
    std::vector<Sample> name##_samples(); \
    std::vector<WrongInput> name##_wrong();
XGRAD_FAMILIES(XGRAD_DECLARE)

std::vector<Sample> all() {
    std::vector<Sample> out;
#define XGRAD_ADD(name) \
    for (auto& sample : name##_samples()) out.push_back(std::move(sample));
    XGRAD_FAMILIES(XGRAD_ADD)
#undef XGRAD_ADD
    return out;
}

std::vector<WrongInput> all_wrong() {
    std::vector<WrongInput> out;
#define XGRAD_ADD(name) \
    for (auto& wrong : name##_wrong()) out.push_back(std::move(wrong));
    XGRAD_FAMILIES(XGRAD_ADD)
#undef XGRAD_ADD
    return out;
}

}  // namespace samples
