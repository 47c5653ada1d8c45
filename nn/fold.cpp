#include <xgrad/nn/fold.h>

#include <ostream>

#include <xgrad/nn/functional/fold.h>

namespace xgrad::nn {

void FoldImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Fold(output_size=" << options.output_size() << ", kernel_size=" << options.kernel_size()
           << ", dilation=" << options.dilation() << ", padding=" << options.padding()
           << ", stride=" << options.stride() << ')';
}

Tensor FoldImpl::forward(const Tensor& input) try { return functional::fold(input, options); } catch (Error& error) {
    rethrow_with_path(error);
}

void UnfoldImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Unfold(kernel_size=" << options.kernel_size() << ", dilation=" << options.dilation()
           << ", padding=" << options.padding() << ", stride=" << options.stride() << ')';
}

Tensor UnfoldImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::unfold(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
