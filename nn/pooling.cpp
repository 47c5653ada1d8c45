#include <xgrad/nn/pooling.h>

#include <ostream>

#include <xgrad/nn/functional/pooling.h>

namespace xgrad::nn {

namespace {

const char* word(bool truth) { return truth ? "true" : "false"; }

template <std::size_t D>
void print(std::ostream& stream, const MaxPoolOptions<D>& o) {
    stream << "xgrad::nn::MaxPool" << D << "d(kernel_size=" << o.kernel_size() << ", stride=" << o.stride()
           << ", padding=" << o.padding() << ", dilation=" << o.dilation() << ", ceil_mode=" << word(o.ceil_mode())
           << ')';
}

template <std::size_t D>
void print(std::ostream& stream, const AvgPoolOptions<D>& o) {
    stream << "xgrad::nn::AvgPool" << D << "d(kernel_size=" << o.kernel_size() << ", stride=" << o.stride()
           << ", padding=" << o.padding() << ')';
}

template <std::size_t D>
void print(std::ostream& stream, const MaxUnpoolOptions<D>& o) {
    stream << "xgrad::nn::MaxUnpool" << D << "d(kernel_size=" << o.kernel_size() << ", stride=" << o.stride()
           << ", padding=" << o.padding() << ')';
}

template <std::size_t D>
void print(std::ostream& stream, const LPPoolOptions<D>& o) {
    stream << "xgrad::nn::LPPool" << D << "d(norm_type=" << o.norm_type() << ", kernel_size=" << o.kernel_size()
           << ", stride=" << o.stride() << ", ceil_mode=" << word(o.ceil_mode()) << ')';
}

template <std::size_t D>
functional::MaxUnpoolFuncOptions<D> unpool_options(const MaxUnpoolOptions<D>& o,
                                                   const std::optional<std::vector<std::int64_t>>& output_size) {
    return functional::MaxUnpoolFuncOptions<D>(o.kernel_size())
        .stride(o.stride())
        .padding(o.padding())
        .output_size(output_size);
}

}  // namespace

void MaxPool1dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor MaxPool1dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::max_pool1d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

std::tuple<Tensor, Tensor> MaxPool1dImpl::forward_with_indices(const Tensor& input) try {
    return functional::max_pool1d_with_indices(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void MaxPool2dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor MaxPool2dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::max_pool2d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

std::tuple<Tensor, Tensor> MaxPool2dImpl::forward_with_indices(const Tensor& input) try {
    return functional::max_pool2d_with_indices(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void MaxPool3dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor MaxPool3dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::max_pool3d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

std::tuple<Tensor, Tensor> MaxPool3dImpl::forward_with_indices(const Tensor& input) try {
    return functional::max_pool3d_with_indices(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void AvgPool1dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor AvgPool1dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::avg_pool1d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void AvgPool2dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor AvgPool2dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::avg_pool2d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void AvgPool3dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor AvgPool3dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::avg_pool3d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void AdaptiveMaxPool1dImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::AdaptiveMaxPool1d(output_size=" << options.output_size() << ')';
}
Tensor AdaptiveMaxPool1dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::adaptive_max_pool1d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

std::tuple<Tensor, Tensor> AdaptiveMaxPool1dImpl::forward_with_indices(const Tensor& input) try {
    return functional::adaptive_max_pool1d_with_indices(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void AdaptiveMaxPool2dImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::AdaptiveMaxPool2d(output_size=" << options.output_size() << ')';
}
Tensor AdaptiveMaxPool2dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::adaptive_max_pool2d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

std::tuple<Tensor, Tensor> AdaptiveMaxPool2dImpl::forward_with_indices(const Tensor& input) try {
    return functional::adaptive_max_pool2d_with_indices(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void AdaptiveMaxPool3dImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::AdaptiveMaxPool3d(output_size=" << options.output_size() << ')';
}
Tensor AdaptiveMaxPool3dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::adaptive_max_pool3d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

std::tuple<Tensor, Tensor> AdaptiveMaxPool3dImpl::forward_with_indices(const Tensor& input) try {
    return functional::adaptive_max_pool3d_with_indices(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void AdaptiveAvgPool1dImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::AdaptiveAvgPool1d(output_size=" << options.output_size() << ')';
}
Tensor AdaptiveAvgPool1dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::adaptive_avg_pool1d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void AdaptiveAvgPool2dImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::AdaptiveAvgPool2d(output_size=" << options.output_size() << ')';
}
Tensor AdaptiveAvgPool2dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::adaptive_avg_pool2d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void AdaptiveAvgPool3dImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::AdaptiveAvgPool3d(output_size=" << options.output_size() << ')';
}
Tensor AdaptiveAvgPool3dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::adaptive_avg_pool3d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void MaxUnpool1dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor MaxUnpool1dImpl::forward(const Tensor& input, const Tensor& indices,
                                const std::optional<std::vector<std::int64_t>>& output_size) try {
    const ForwardScope scope(*this);
    return functional::max_unpool1d(input, indices, unpool_options(options, output_size));
} catch (Error& error) {
    rethrow_with_path(error);
}

void MaxUnpool2dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor MaxUnpool2dImpl::forward(const Tensor& input, const Tensor& indices,
                                const std::optional<std::vector<std::int64_t>>& output_size) try {
    const ForwardScope scope(*this);
    return functional::max_unpool2d(input, indices, unpool_options(options, output_size));
} catch (Error& error) {
    rethrow_with_path(error);
}

void MaxUnpool3dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor MaxUnpool3dImpl::forward(const Tensor& input, const Tensor& indices,
                                const std::optional<std::vector<std::int64_t>>& output_size) try {
    const ForwardScope scope(*this);
    return functional::max_unpool3d(input, indices, unpool_options(options, output_size));
} catch (Error& error) {
    rethrow_with_path(error);
}

void LPPool1dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor LPPool1dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::lp_pool1d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

void LPPool2dImpl::pretty_print(std::ostream& stream) const { print(stream, options); }
Tensor LPPool2dImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::lp_pool2d(input, options);
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
