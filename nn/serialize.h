#pragma once

#include <memory>

#include <xgrad/autograd/archive.h>
#include <xgrad/nn/module_holder.h>

/// `save(net, "net.xg")` and `load(net, "net.xg")` for modules: parameters, buffers and submodules under their names.
namespace xgrad::serialize {

template <nn::ModuleType M>
OutputArchive& operator<<(OutputArchive& archive, const std::shared_ptr<M>& module) {
    if (!module) xgrad::detail::raise_empty_holder();
    module->save(archive);
    return archive;
}
template <nn::ModuleType M>
InputArchive& operator>>(InputArchive& archive, const std::shared_ptr<M>& module) {
    if (!module) xgrad::detail::raise_empty_holder();
    module->load(archive);
    return archive;
}
template <nn::ModuleHolderType H>
OutputArchive& operator<<(OutputArchive& archive, const H& module) {
    return archive << module.ptr();
}
template <nn::ModuleHolderType H>
InputArchive& operator>>(InputArchive& archive, const H& module) {
    return archive >> module.ptr();
}

}  // namespace xgrad::serialize
