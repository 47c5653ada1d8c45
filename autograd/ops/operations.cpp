#include <xgrad/autograd/ops/operations.h>
#include <xgrad/autograd/ops/row_op.h>

namespace xgrad::ops {

// One function for each file of operations; the element-wise rows have theirs in rows.h.
#define XGRAD_FAMILIES(family)                                                                                    \
    family(copy) family(view) family(as_strided) family(join) family(index) family(embedding) family(product)     \
        family(reduction) family(vector_norm) family(truth) family(variance) family(prod) family(scan)            \
            family(cumulative_extreme) family(softmax) family(norm) family(loss) family(random) family(gather)    \
                family(scatter_reduce) family(mask) family(sort) family(order_statistics) family(unique)          \
                    family(search) family(slice) family(diagonal) family(rearrangement) family(pad) family(addmm) \
                        family(cross) family(linalg_solve) family(linalg_lu) family(linalg_det)                   \
                            family(linalg_cholesky) family(linalg_qr) family(linalg_eigen) family(linalg_lstsq)   \
                                family(batch_norm) family(attention) family(distance) family(embedding_bag)       \
                                    family(resample) family(grid_sample) family(class_loss) family(margin_loss)   \
                                        family(ctc) family(convolution) family(im2col) family(max_pool)           \
                                            family(avg_pool)

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
