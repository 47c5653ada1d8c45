#include <xgrad/autograd/ops/elementwise/row_op.h>
#include <xgrad/autograd/ops/operations.h>

namespace xgrad::ops {

// One function for each file of operations; the element-wise rows have theirs in rows.h.
#define XGRAD_FAMILY(name) std::vector<OpInfo> name##_operations();
#include <xgrad/autograd/ops/families.inc>

std::vector<OpInfo> all_operations() {
    std::vector<OpInfo> all = ElementWise::table();
#define XGRAD_FAMILY(name) \
    for (const OpInfo& info : name##_operations()) all.push_back(info);
#include <xgrad/autograd/ops/families.inc>
    return all;
}

}  // namespace xgrad::ops
