// Counts what a training step asks of the system, by standing in for the functions that do so.
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include <xgrad.h>

namespace {

struct Counts {
    std::atomic<long> malloc{0}, operator_new{0}, mmap{0}, brk{0};
};
Counts counts;

template <class F>
F next(const char* name) {
    return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t);
void __libc_free(void*);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t n) {
    ++counts.malloc;
    return __libc_malloc(n);
}
void* calloc(std::size_t n, std::size_t size) {
    ++counts.malloc;
    return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t n) {
    ++counts.malloc;
    return __libc_realloc(p, n);
}
void* aligned_alloc(std::size_t alignment, std::size_t n) {
    ++counts.malloc;
    return __libc_memalign(alignment, n);
}
int posix_memalign(void** p, std::size_t alignment, std::size_t n) {
    ++counts.malloc;
    *p = __libc_memalign(alignment, n);
    return 0;
}
void* mmap(void* p, std::size_t n, int protection, int flags, int file, off_t offset) noexcept {
    ++counts.mmap;
    static const auto real = next<void* (*)(void*, std::size_t, int, int, int, off_t)>("mmap");
    return real(p, n, protection, flags, file, offset);
}
int brk(void* p) noexcept {
    ++counts.brk;
    static const auto real = next<int (*)(void*)>("brk");
    return real(p);
}
void* sbrk(std::intptr_t n) noexcept {
    ++counts.brk;
    static const auto real = next<void* (*)(std::intptr_t)>("sbrk");
    return real(n);
}

}  // extern "C"

void* operator new(std::size_t n) {
    ++counts.operator_new;
    return __libc_malloc(n);
}
void operator delete(void* p) noexcept { __libc_free(p); }
void operator delete(void* p, std::size_t) noexcept { __libc_free(p); }

using namespace xgrad;

namespace {

/// Steps of the network of the README, batches included; returns the counts of steps 11 to `steps`.
template <class Step>
void check_steady(int steps, Step step) {
    for (int i = 0; i < 10; ++i) step();
    const long before[] = {counts.malloc, counts.operator_new, counts.mmap, counts.brk};
    for (int i = 10; i < steps; ++i) step();
    CHECK(counts.malloc - before[0] == 0);
    CHECK(counts.operator_new - before[1] == 0);
    CHECK(counts.mmap - before[2] == 0);
    CHECK(counts.brk - before[3] == 0);
}

}  // namespace

TEST_CASE("the counters count") {
    const long before = counts.malloc;
    void* volatile kept = std::malloc(100);  // volatile: clang drops a pair that it sees through
    std::free(kept);
    CHECK(counts.malloc == before + 1);
    const long news = counts.operator_new;
    ::operator delete(::operator new(4));
    CHECK(counts.operator_new == news + 1);
}

TEST_CASE("training steps 11 to 1000 ask the system for nothing") {
    manual_seed(0);
    nn::Sequential net(nn::Linear(784, 64), nn::ImprovedSigmoid(), nn::Linear(64, 10));
    optim::SGD optimizer(net->parameters(), optim::SGDOptions(0.02).momentum(0.9));
    const Tensor x = randn({32, 784}), y = randint(10, {32});
    check_steady(1000, [&] {
        optimizer.zero_grad();
        Tensor loss = nn::functional::cross_entropy(net->forward(x), y);
        loss.backward();
        optimizer.step();
    });
}

TEST_CASE("a loop over a loader asks the system for nothing either") {
    manual_seed(0);
    const auto data = data::datasets::TensorDataset(randn({1024, 20}), randint(10, {1024}));
    auto loader = data::make_data_loader<data::samplers::RandomSampler>(
        data, data::DataLoaderOptions().batch_size(32).drop_last(true));
    nn::Sequential net(nn::Linear(20, 10));
    optim::SGD optimizer(net->parameters(), optim::SGDOptions(0.02));
    auto batch = loader->begin();
    check_steady(30, [&] {
        optimizer.zero_grad();
        nn::functional::cross_entropy(net->forward(batch->data), batch->target).backward();
        optimizer.step();
        ++batch;
    });
}

TEST_CASE("a step with an embedding, layer norm and Adam asks the system for nothing") {
    manual_seed(0);
    nn::Embedding table(nn::EmbeddingOptions(100, 16).padding_idx(0));
    nn::LayerNorm norm(std::vector<std::int64_t>{16});
    nn::Linear fc(16, 10);
    std::vector<Tensor> parameters = table->parameters();
    for (const Tensor& p : {norm->weight, norm->bias, fc->weight, fc->bias}) parameters.push_back(p);
    optim::Adam optimizer(parameters, optim::AdamOptions().amsgrad(true));
    const Tensor x = randint(100, {32}), y = randint(10, {32});
    check_steady(100, [&] {
        optimizer.zero_grad();
        nn::functional::cross_entropy(fc(norm(table(x))), y).backward();
        optimizer.step();
    });
}
