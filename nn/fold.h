#pragma once

#include <xgrad/nn/module.h>
#include <xgrad/nn/options/fold.h>

namespace xgrad::nn {

/// Adds up columns as blocks of images; see col2im.
class FoldImpl : public Cloneable<FoldImpl> {
  public:
    FoldImpl(ExpandingArray<2> output_size, ExpandingArray<2> kernel_size)
        : FoldImpl(FoldOptions(output_size, kernel_size)) {}
    explicit FoldImpl(const FoldOptions& fold_options) : options(fold_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    /// (N, C KH KW, blocks) or (C KH KW, blocks) to images of output_size.
    Tensor forward(const Tensor& input);

    FoldOptions options;
};
XGRAD_MODULE(Fold);

/// Takes the blocks of images as columns; see im2col.
class UnfoldImpl : public Cloneable<UnfoldImpl> {
  public:
    UnfoldImpl(ExpandingArray<2> kernel_size) : UnfoldImpl(UnfoldOptions(kernel_size)) {}
    explicit UnfoldImpl(const UnfoldOptions& unfold_options) : options(unfold_options) {}

    void reset() override {}
    void pretty_print(std::ostream& stream) const override;
    /// (N, C, H, W) or (C, H, W) to (N, C KH KW, blocks) or (C KH KW, blocks).
    Tensor forward(const Tensor& input);

    UnfoldOptions options;
};
XGRAD_MODULE(Unfold);

}  // namespace xgrad::nn
