#include "row_cases.h"

#include <xgrad/autograd/ops/elementwise/row_op.h>

using namespace xgrad;

namespace samples {

namespace {

template <class Row>
constexpr std::size_t kArity = std::size(Row::uses);

template <class Row>
Tensor call(const TensorList& x) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return ops::detail_op::apply(ops::RowOp<Row>{}, x[I]...);
    }
    (std::make_index_sequence<kArity<Row>>());
}

template <class Row>
Tensor jvp(const TensorList& x, const TensorList& tangents, const Tensor& y) {
    return ops::RowOp<Row>{}.jvp(x, tangents, y);
}

template <class Row>
RowCase row_case() {
    constexpr ops::Uses constant = ops::rows::kZero | ops::rows::kNoGradient;
    bool flat = true;
    for (const ops::Uses uses : Row::uses) flat &= (uses & constant) != 0;
    bool selects = false;
    if constexpr (requires { Row::selects; }) selects = true;
    return {ops::TableRows::index<Row>(), Row::name, Row::kind, Row::domain, selects, flat, call<Row>, jvp<Row>};
}

}  // namespace

const std::vector<RowCase>& row_cases() {
    static const std::vector<RowCase> all = [] {
        std::vector<RowCase> out;
        ops::TableRows::for_each([&]<class Row>() { out.push_back(row_case<Row>()); });
        return out;
    }();
    return all;
}

}  // namespace samples
