#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/storage.h>

#include <new>

namespace xgrad::detail {

IntrusivePtr<Storage> Storage::allocate(std::size_t bytes) {
    auto* block = static_cast<std::byte*>(detail::allocate(sizeof(Storage) + bytes));
    return IntrusivePtr<Storage>::adopt(new (block) Storage(block + sizeof(Storage), bytes, true, nullptr));
}

IntrusivePtr<Storage> Storage::borrow(void* data, std::size_t bytes, Deleter deleter) {
    auto* kept = deleter ? new Deleter(std::move(deleter)) : nullptr;
    return IntrusivePtr<Storage>::adopt(new (detail::allocate(sizeof(Storage))) Storage(data, bytes, false, kept));
}

void Storage::destroy(Storage* storage) noexcept {
    const std::size_t bytes = sizeof(Storage) + (storage->owned_ ? storage->nbytes_ : 0);
    if (storage->deleter_) {
        (*storage->deleter_)(storage->data_);
        delete storage->deleter_;
    }
    storage->~Storage();
    detail::deallocate(storage, bytes);
}

}  // namespace xgrad::detail
