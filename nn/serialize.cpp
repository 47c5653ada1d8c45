#include <xgrad/nn/serialize.h>

#include <xgrad/autograd/error.h>
#include <xgrad/autograd/grad_mode.h>
#include <xgrad/nn/module.h>

namespace xgrad::nn {

namespace {

/// The value of an entry for a tensor of the module, once it is known to fit. Messages call it `prefix` and the key.
Tensor fitting_value(const serialize::InputArchive& archive, const std::string& prefix, const std::string& key,
                     const Tensor& tensor) {
    Tensor value;
    archive.read(key, value);
    if (value.defined() != tensor.defined())
        raise<ShapeError>("load", "'", prefix, key, "' is ", value.defined() ? "" : "not ",
                          "defined in the archive, but ", tensor.defined() ? "" : "not ", "in the module");
    if (value.defined() && value.sizes() != tensor.sizes())
        raise<ShapeError>("load", "size mismatch for '", prefix, key, "': the archive has the shape ",
                          xgrad::detail::shape_string(value.sizes()), ", the module ",
                          xgrad::detail::shape_string(tensor.sizes()));
    return value;
}

void load_tensors(const serialize::InputArchive& archive, const OrderedDict<std::string, Tensor>& tensors) {
    const NoGradGuard no_grad;
    for (const auto& item : tensors)
        if (const Tensor value = fitting_value(archive, {}, item.key(), *item); value.defined())
            Tensor(*item).copy_(value);
}

}  // namespace

void Module::save(serialize::OutputArchive& archive) const {
    for (const auto& parameter : parameters_) archive.write(parameter.key(), *parameter);
    for (const auto& buffer : buffers_) archive.write(buffer.key(), *buffer, /*is_buffer=*/true);
    for (const auto& child : children_) {
        serialize::OutputArchive nested;
        child.value()->save(nested);
        archive.write(child.key(), nested);
    }
}

void Module::check_archive(const serialize::InputArchive& archive, const std::string& prefix) const {
    for (const auto& parameter : parameters_) fitting_value(archive, prefix, parameter.key(), *parameter);
    for (const auto& buffer : buffers_) fitting_value(archive, prefix, buffer.key(), *buffer);
    for (const auto& child : children_) {
        serialize::InputArchive nested;
        archive.read(child.key(), nested);
        child.value()->check_archive(nested, prefix + child.key() + '.');
    }
}

void Module::load(serialize::InputArchive& archive) try {
    check_archive(archive, {});
    load_tensors(archive, parameters_);
    load_tensors(archive, buffers_);
    for (auto& child : children_) {
        serialize::InputArchive nested;
        archive.read(child.key(), nested);
        child.value()->load(nested);
    }
} catch (Error& error) {
    rethrow_with_path(error);
}

}  // namespace xgrad::nn
