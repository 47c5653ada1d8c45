#include <xgrad/nn/upsampling.h>

#include <ostream>

#include <xgrad/nn/functional/upsampling.h>

namespace xgrad::nn {

void UpsampleImpl::pretty_print(std::ostream& stream) const {
    stream << "xgrad::nn::Upsample(";
    if (options.scale_factor()) {
        stream << "scale_factor=[";
        for (std::size_t d = 0; d < options.scale_factor()->size(); ++d)
            stream << (d > 0 ? ", " : "") << (*options.scale_factor())[d];
        stream << ']';
    } else {
        stream << "size=" << (options.size() ? IntArrayRef(*options.size()) : IntArrayRef());
    }
    stream << ", mode=" << options.mode().name() << ')';
}

Tensor UpsampleImpl::forward(const Tensor& input) try {
    const ForwardScope scope(*this);
    return functional::interpolate(input, functional::InterpolateFuncOptions()
                                              .size(options.size())
                                              .scale_factor(options.scale_factor())
                                              .mode(options.mode())
                                              .align_corners(options.align_corners()));
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
