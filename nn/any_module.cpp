#include <xgrad/nn/any_module.h>

namespace xgrad {

void detail::raise_bad_type(const char* operation, const char* what, const std::type_info& got,
                            const std::type_info& wanted) {
    raise<ValueError>(operation, what, " type ", demangle(got.name()), " where ", demangle(wanted.name()),
                      " is needed");
}

namespace nn {

AnyModule AnyModule::clone(const std::optional<Device>& device) const {
    AnyModule copy;
    if (module_) copy.module_ = module_->clone(device);
    copy.forward_ = forward_;
    return copy;
}

AnyValue AnyModule::call(std::span<AnyValue> arguments) {
    if (!module_) raise("AnyModule", "cannot call forward() on an empty AnyModule");
    const ForwardScope scope(*module_);
    try {
        const std::size_t n = arguments.size();
        if (n > forward_->max_arguments || !forward_->calls[n])
            raise<ValueError>("AnyModule", "forward() of ", module_->name(), " cannot be called with ", n,
                              " arguments: it has ", forward_->max_arguments, " parameters");
        return forward_->calls[n](*module_, arguments.data());
    } catch (Error& error) {
        module_->rethrow_with_path(error);
    }
}

std::shared_ptr<Module> AnyModule::ptr() const {
    if (!module_) raise("AnyModule", "cannot call ptr() on an empty AnyModule");
    return module_;
}

const std::type_info& AnyModule::type_info() const {
    if (!module_) raise("AnyModule", "cannot call type_info() on an empty AnyModule");
    return *forward_->module_type;
}

void AnyModule::check_type(const std::type_info& asked) const {
    if (type_info() != asked) detail::raise_bad_type("AnyModule", "the module has", type_info(), asked);
}

}  // namespace nn

}  // namespace xgrad
