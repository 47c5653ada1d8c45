#pragma once

#include <string_view>
#include <vector>

namespace xgrad::ops {

/// What the table of operations says of one.
struct OpInfo {
    std::string_view name;
    bool differentiable;  // has gradients at all
    bool element_wise;    // a row of ops/elementwise/rows.h
    bool forward_mode;    // has a rule for jvp
    bool batch_rule;      // has a rule for vmap
};

/// Every operation there is: the tests run through it.
std::vector<OpInfo> all_operations();

}  // namespace xgrad::ops
