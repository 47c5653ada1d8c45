#include <xgrad/autograd/allocator.h>
#include <xgrad/autograd/error.h>
#include <xgrad/autograd/storage.h>

#include <cstring>
#include <memory>
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

void Storage::grow(std::size_t bytes) {
    if (bytes <= nbytes_) return;
    if (!owned_) raise("resize_", "Trying to resize storage that is not resizable: its memory is borrowed");
    auto release = std::make_unique<Deleter>([bytes](void* data) { detail::deallocate(data, bytes); });
    void* fresh = detail::allocate(bytes);
    std::memcpy(fresh, data_, nbytes_);
    if (deleter_) {
        (*deleter_)(data_);
        delete deleter_;
    }
    deleter_ = release.release();
    data_ = fresh;
    nbytes_ = bytes;
}

void Storage::destroy(Storage* storage) noexcept {
    const std::size_t bytes = sizeof(Storage) + storage->block_bytes_;
    if (storage->deleter_) {
        (*storage->deleter_)(storage->data_);
        delete storage->deleter_;
    }
    storage->~Storage();
    detail::deallocate(storage, bytes);
}

}  // namespace xgrad::detail
