#include <xgrad/autograd/ops/operations.h>
#include <xgrad/autograd/ops/row_op.h>

namespace xgrad::ops {

// One function for each file of operations; the element-wise rows have theirs in rows.h.
std::vector<OpInfo> copy_operations();
std::vector<OpInfo> view_operations();
std::vector<OpInfo> product_operations();

std::vector<OpInfo> all_operations() {
    std::vector<OpInfo> all = ElementWise::table();
    for (auto family : {copy_operations, view_operations, product_operations})
        for (const OpInfo& info : family()) all.push_back(info);
    return all;
}

}  // namespace xgrad::ops
