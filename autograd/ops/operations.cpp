#include <xgrad/autograd/ops/operations.h>
#include <xgrad/autograd/ops/row_op.h>

namespace xgrad::ops {

// One function for each file of operations; the element-wise rows have theirs in rows.h.
#define XGRAD_FAMILIES(family)                                                                                         \
    family(copy) family(view) family(as_strided) family(join) family(index) family(embedding) family(product)          \
        family(reduction) family(softmax) family(norm) family(loss) family(class_loss) family(margin_loss) family(ctc) \
            family(random)

#define XGRAD_DECLARE(name) std::vector<OpInfo> name##_operations();
XGRAD_FAMILIES(XGRAD_DECLARE)
#undef XGRAD_DECLARE

std::vector<OpInfo> all_operations() {
    std::vector<OpInfo> all = ElementWise::table();
#define XGRAD_ADD(name) \
    for (const OpInfo& info : name##_operations()) all.push_back(info);
    XGRAD_FAMILIES(XGRAD_ADD)
#undef XGRAD_ADD
    return all;
}

}  // namespace xgrad::ops
