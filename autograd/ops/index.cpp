#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/index_walk.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>
#include <cstring>

namespace xgrad {

using detail::Dims;
using detail::shape_string;
using detail::wrap_dim;

namespace ops {

namespace {

constexpr std::int64_t kShortRun = 16;  // below it a loop beats the call of memcpy

template <class T>
void add_to(T& target, T value) {
    target = static_cast<T>(target + value);
}

/// `x` contiguous, and not in the memory of `self`, which is about to be written.
Tensor apart_from(const Tensor& self, const Tensor& x) { return x.is_alias_of(self) ? x.clone() : x.contiguous(); }

void check_positions(const char* operation, const Tensor& positions, std::int64_t dim, std::int64_t size) {
    const auto* p = positions.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < positions.numel(); ++i)
        if (p[i] < 0 || p[i] >= size)
            raise<IndexError>(operation, "index ", p[i], " is out of bounds for dimension ", dim, " with size ", size);
}

Dims slices_shape(IntArrayRef sizes, IndexedDims dims, IntArrayRef positions) {
    Dims out = sizes.slice(0, static_cast<std::size_t>(dims.first));
    for (auto s : positions) out.push_back(s);
    for (auto d = static_cast<std::size_t>(dims.first + dims.count); d < sizes.size(); ++d) out.push_back(sizes[d]);
    return out;
}

std::int64_t indexed_numel(IntArrayRef sizes, IndexedDims dims) {
    std::int64_t n = 1;
    for (std::int64_t d = 0; d < dims.count; ++d) n *= sizes[static_cast<std::size_t>(dims.first + d)];
    return n;
}

/// Zeros of the shape of input i that cost no pass over memory when an operation copies them.
Tensor zeros_of(const Vjp& b, std::size_t i) { return zeros({}, b.meta(i).dtype).expand(b.meta(i).sizes); }

Tensor add_slices(const Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& source);

struct IndexSelect {
    static constexpr const char* name = "index_select";
    static constexpr Uses uses[] = {in(1), kNothing};

    IndexedDims dims;

    Tensor forward(const Tensor& self, const Tensor& index) const { return copy_slices(name, self, dims, index); }
    void vjp(Vjp& b) const { b.set(0, add_slices(zeros_of(b, 0), dims, b.input(1), b.grad())); }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        return tangents[0].defined() ? take_slices(tangents[0], dims, inputs[1]) : Tensor();
    }
};

/// The same by another name: positions that advanced indices gave.
struct Index : IndexSelect {
    static constexpr const char* name = "index";
};

struct IndexAdd {
    static constexpr const char* name = "index_add";
    static constexpr Uses uses[] = {kNothing, kNothing, in(1)};

    IndexedDims dims;

    Tensor forward(const Tensor& self, const Tensor& index, const Tensor& source) const {
        Tensor out = self.clone();
        forward_(out, index, source);
        return out;
    }
    void forward_(Tensor& self, const Tensor& index, const Tensor& source) const {
        const Tensor positions = apart_from(self, index), values = apart_from(self, source);
        check_positions(name, positions, dims.first, indexed_numel(self.sizes(), dims));
        visit_dtype(self.dtype(), [&](auto element) {
            using T = decltype(element);
            auto* target = self.data_ptr<T>();
            const auto* from = values.data_ptr<T>();
            Slices(self, dims, positions).for_each_in_order([=](const Run& r) {
                for (std::int64_t i = 0; i < r.length; ++i) add_to(target[r.at + i * r.stride], from[r.dense + i]);
            });
        });
    }
    void vjp(Vjp& b) const {
        if (b.needs(0)) b.set(0, b.grad());
        if (b.needs(2)) b.set(2, take_slices(b.grad(), dims, b.input(1)));
    }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        const TensorList t = transform::zeros_where_undefined(inputs, tangents);
        return add_slices(t[0], dims, inputs[1], t[2]);
    }
};

/// For each position whether no later one is the same; undefined when that holds for all.
Tensor last_writes(const Tensor& index, std::int64_t size) {
    const Tensor positions = index.contiguous();
    const auto* p = positions.data_ptr<std::int64_t>();
    const std::int64_t n = positions.numel();
    if (std::adjacent_find(p, p + n, std::greater_equal<>()) == p + n) return {};
    detail::PoolVector<std::int64_t> last(static_cast<std::size_t>(size), -1);
    for (std::int64_t i = 0; i < n; ++i) last[static_cast<std::size_t>(p[i])] = i;
    Tensor out = empty(positions.sizes(), kBool);
    for (std::int64_t i = 0; i < n; ++i) out.data_ptr<bool>()[i] = last[static_cast<std::size_t>(p[i])] == i;
    return out;
}

struct IndexPut {
    static constexpr const char* name = "index_put_";
    static constexpr Uses uses[] = {in(1), kNothing, in(1)};

    IndexedDims dims;

    Tensor forward(const Tensor& self, const Tensor& index, const Tensor& value) const {
        Tensor out = self.clone();
        forward_(out, index, value);
        return out;
    }
    void forward_(Tensor& self, const Tensor& index, const Tensor& value) const {
        const Tensor positions = apart_from(self, index);
        check_positions(name, positions, dims.first, indexed_numel(self.sizes(), dims));
        const Dims shape = slices_shape(self.sizes(), dims, positions.sizes());
        if (value.dtype() != self.dtype())
            raise<DtypeError>(name, "Index put requires the source and destination dtypes match, got ", self.dtype(),
                              " for the destination and ", value.dtype(), " for the source");
        if (!detail::is_expandable_to(value.sizes(), shape))
            raise<ShapeError>(name, "shape mismatch: value tensor of shape ", shape_string(value.sizes()),
                              " cannot be broadcast to indexing result of shape ", shape_string(shape));
        const Tensor values = apart_from(self, value.expand(shape));
        visit_element(self.dtype(), [&](auto element) {
            using T = decltype(element);
            auto* target = static_cast<T*>(self.data_ptr());
            const auto* source = static_cast<const T*>(values.data_ptr());
            Slices(self, dims, positions).for_each_in_order([=](const Run& r) {
                for (std::int64_t i = 0; i < r.length; ++i) target[r.at + i * r.stride] = source[r.dense + i];
            });
        });
    }
    void vjp(Vjp& b) const;
};

struct Gather {
    static constexpr const char* name = "gather";
    static constexpr Uses uses[] = {in(1), kNothing};

    std::int64_t dim;

    Tensor forward(const Tensor& self, const Tensor& index) const;
    void vjp(Vjp& b) const { b.set(0, scatter_add(zeros_of(b, 0), dim, b.input(1), b.grad())); }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        return tangents[0].defined() ? gather(tangents[0], dim, inputs[1]) : Tensor();
    }
};

struct ScatterAdd {
    static constexpr const char* name = "scatter_add";
    static constexpr Uses uses[] = {kNothing, kNothing, in(1)};

    std::int64_t dim;

    Tensor forward(const Tensor& self, const Tensor& index, const Tensor& source) const {
        Tensor out = self.clone();
        forward_(out, index, source);
        return out;
    }
    void forward_(Tensor& self, const Tensor& index, const Tensor& source) const;
    void vjp(Vjp& b) const {
        if (b.needs(0)) b.set(0, b.grad());
        if (!b.needs(2)) return;
        const Tensor index = b.input(1);
        b.set(2, index.numel() ? gather(b.grad(), dim, index) : zeros_of(b, 2));
    }
    Tensor jvp(std::span<const Tensor> inputs, std::span<const Tensor> tangents, const Tensor&) const {
        const TensorList t = transform::zeros_where_undefined(inputs, tangents);
        return scatter_add(t[0], dim, inputs[1], t[2]);
    }
};

using Indexing = Family<IndexSelect, Index, IndexAdd, IndexPut, Gather, ScatterAdd>;

Tensor add_slices(const Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& source) {
    return Indexing::apply(IndexAdd{dims}, self, positions, source);
}

void IndexPut::vjp(Vjp& b) const {
    const Tensor positions = b.input(1);
    if (b.needs(0)) b.set(0, Indexing::apply(IndexPut{dims}, b.grad(), positions, zeros({}, b.grad().dtype())));
    if (!b.needs(2)) return;
    Tensor grad = take_slices(b.grad(), dims, positions);
    if (Tensor last = last_writes(positions, indexed_numel(b.grad().sizes(), dims)); last.defined()) {
        Dims shape = last.sizes();
        for (std::int64_t d = dims.first + dims.count; d < b.grad().dim(); ++d) shape.push_back(1);
        grad = where(last.view(shape), grad, 0);
    }
    b.set(2, grad);
}

Tensor Gather::forward(const Tensor& self, const Tensor& index) const {
    Tensor out = empty(index.sizes(), self.dtype()), positions = index.contiguous();
    if (index.numel() == 0) return out;
    check_positions(name, positions, dim, self.size(dim));
    const Lines lines(self, positions, dim);
    visit_element(self.dtype(), [&](auto element) {
        using T = decltype(element);
        auto* target = static_cast<T*>(out.data_ptr());
        const auto* source = static_cast<const T*>(self.data_ptr());
        detail::parallel_for(0, positions.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
            lines.visit(begin, end, [=](std::int64_t at, std::int64_t i) { target[i] = source[at]; });
        });
    });
    return out;
}

void ScatterAdd::forward_(Tensor& self, const Tensor& index, const Tensor& source) const {
    if (index.numel() == 0) return;
    const Tensor positions = apart_from(self, index), values = apart_from(self, source);
    check_positions(name, positions, dim, self.size(dim));
    const Lines lines(self, positions, dim);
    visit_dtype(self.dtype(), [&](auto element) {
        using T = decltype(element);
        auto* target = self.data_ptr<T>();
        const auto* from = values.data_ptr<T>();
        lines.for_each_in_order([=](std::int64_t at, std::int64_t i) { add_to(target[at], from[i]); });
    });
}

// --- Arguments of the public functions

Tensor at_least_1d(const Tensor& x) { return x.dim() == 0 ? x.view({1}) : x; }

/// The index of index_select and index_add: a vector of int64.
Tensor index_vector(const char* operation, const Tensor& index) {
    check_defined(operation, index);
    if (index.dim() > 1)
        raise<ShapeError>(operation, "index is supposed to be a vector, got shape ", shape_string(index.sizes()));
    if (index.dtype() != kInt64 && index.dtype() != kInt32)
        raise<DtypeError>(operation, "expected dtype int32 or int64 for index, got ", index.dtype());
    return at_least_1d(index).to(kInt64);
}

void check_same_dtype(const char* operation, const Tensor& self, const Tensor& source) {
    if (self.dtype() != source.dtype())
        raise<DtypeError>(operation, "self (", self.dtype(), ") and source (", source.dtype(),
                          ") must have the same scalar type");
}

/// Arguments of gather and scatter_add: an index of the rank of self, no larger than `other` but along `dim`.
void check_index_shape(const char* operation, const Tensor& index, const char* role, const Tensor& other,
                       std::int64_t dim) {
    check_defined(operation, index);
    check_defined(operation, other);
    if (index.dtype() != kInt64) raise<DtypeError>(operation, "expected dtype int64 for index, got ", index.dtype());
    if (index.numel() == 0) return;
    bool fits = std::max<std::int64_t>(index.dim(), 1) == std::max<std::int64_t>(other.dim(), 1);
    for (std::int64_t d = 0; fits && d < std::min(index.dim(), other.dim()); ++d)
        fits = d == dim || index.size(d) <= other.size(d);
    if (!fits)
        raise<ShapeError>(operation, "index of shape ", shape_string(index.sizes()), " must have the rank of ", role,
                          " of shape ", shape_string(other.sizes()), " and no larger sizes",
                          dim >= 0 ? detail::join(" apart from dimension ", dim) : "");
}

struct IndexAddArguments {
    Tensor index, source;
    std::int64_t dim;
};

IndexAddArguments index_add_arguments(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
    constexpr const char* name = IndexAdd::name;
    check_defined(name, self);
    check_defined(name, source);
    IndexAddArguments out{index_vector(name, index), at_least_1d(source), wrap_dim(dim, self.dim(), name)};
    check_same_dtype(name, self, source);
    Dims expected = self.dim() == 0 ? Dims{1} : Dims(self.sizes());
    expected[static_cast<std::size_t>(out.dim)] = out.index.numel();
    if (out.source.sizes() != IntArrayRef(expected))
        raise<ShapeError>(name, "source of shape ", shape_string(source.sizes()), " must have the shape ",
                          shape_string(expected), ": that of self ", shape_string(self.sizes()), " with ",
                          out.index.numel(), " indices along dimension ", out.dim);
    return out;
}

/// `source` cut to the shape of the index: the rest takes no part.
Tensor scatter_source(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
    constexpr const char* name = ScatterAdd::name;
    check_index_shape(name, index, "self", self, dim);
    check_index_shape(name, index, "source", source, -1);
    check_same_dtype(name, self, source);
    if (index.numel() == 0) return source;
    Tensor cut = at_least_1d(source);
    for (std::int64_t d = 0; d < index.dim(); ++d)
        if (index.size(d) < cut.size(d)) cut = cut.narrow(d, 0, index.size(d));
    return cut;
}

}  // namespace

std::vector<OpInfo> index_operations() { return Indexing::table(); }

Tensor copy_slices(const char* operation, const Tensor& self, IndexedDims dims, const Tensor& index) {
    const Tensor positions = index.contiguous();
    check_positions(operation, positions, dims.first, indexed_numel(self.sizes(), dims));
    Tensor out = empty(slices_shape(self.sizes(), dims, positions.sizes()), self.dtype());
    visit_element(self.dtype(), [&](auto element) {
        using T = decltype(element);
        auto* target = static_cast<T*>(out.data_ptr());
        const auto* source = static_cast<const T*>(self.data_ptr());
        Slices(self, dims, positions).for_each([=](const Run& r) {
            if (r.stride == 1 && r.length >= kShortRun)
                std::memcpy(target + r.dense, source + r.at, static_cast<std::size_t>(r.length) * sizeof(T));
            else
                for (std::int64_t i = 0; i < r.length; ++i) target[r.dense + i] = source[r.at + i * r.stride];
        });
    });
    return out;
}

Tensor take_slices(const Tensor& self, IndexedDims dims, const Tensor& positions) {
    return Indexing::apply(Index{{dims}}, self, positions);
}

void put_slices(Tensor& self, IndexedDims dims, const Tensor& positions, const Tensor& value) {
    Indexing::apply_inplace(IndexPut{dims}, self, positions, value);
}

}  // namespace ops

Tensor index_select(const Tensor& self, std::int64_t dim, const Tensor& index) {
    ops::check_defined("index_select", self);
    const Tensor positions = ops::index_vector("index_select", index);
    const std::int64_t d = wrap_dim(dim, self.dim(), "index_select");
    if (self.dim() == 0 && positions.numel() != 1)
        raise<ShapeError>("index_select", "a 0-dim tensor takes one index, got ", positions.numel());
    const Tensor out = ops::Indexing::apply(ops::IndexSelect{{d, 1}}, ops::at_least_1d(self), positions);
    return self.dim() == 0 ? out.view({}) : out;
}

Tensor index_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source, const Scalar&) {
    const auto args = ops::index_add_arguments(self, dim, index, source);
    const ops::IndexAdd op{{args.dim, 1}};
    const Tensor out = ops::Indexing::apply(op, ops::at_least_1d(self), args.index, args.source);
    return self.dim() == 0 ? out.view({}) : out;
}
Tensor& Tensor::index_add_(std::int64_t dim, const Tensor& index, const Tensor& source, const Scalar&) {
    const auto args = ops::index_add_arguments(*this, dim, index, source);
    Tensor target = ops::at_least_1d(*this);
    ops::Indexing::apply_inplace(ops::IndexAdd{{args.dim, 1}}, target, args.index, args.source);
    return *this;
}

Tensor gather(const Tensor& self, std::int64_t dim, const Tensor& index, bool) {
    ops::check_defined("gather", self);
    const std::int64_t d = wrap_dim(dim, self.dim(), "gather");
    ops::check_index_shape("gather", index, "self", self, d);
    const Tensor out = ops::Indexing::apply(ops::Gather{d}, ops::at_least_1d(self), ops::at_least_1d(index));
    return index.dim() == 0 ? out.view({}) : out;
}

Tensor scatter_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
    ops::check_defined("scatter_add", self);
    const std::int64_t d = wrap_dim(dim, self.dim(), "scatter_add");
    const Tensor values = ops::scatter_source(self, d, index, source);
    const Tensor out =
        ops::Indexing::apply(ops::ScatterAdd{d}, ops::at_least_1d(self), ops::at_least_1d(index), values);
    return self.dim() == 0 ? out.view({}) : out;
}
Tensor& Tensor::scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& source) {
    ops::check_defined("scatter_add", *this);
    const std::int64_t d = wrap_dim(dim, this->dim(), "scatter_add");
    const Tensor values = ops::scatter_source(*this, d, index, source);
    Tensor target = ops::at_least_1d(*this);
    ops::Indexing::apply_inplace(ops::ScatterAdd{d}, target, ops::at_least_1d(index), values);
    return *this;
}

Tensor Tensor::index_select(std::int64_t dim, const Tensor& index) const {
    return xgrad::index_select(*this, dim, index);
}
Tensor Tensor::gather(std::int64_t dim, const Tensor& index, bool) const { return xgrad::gather(*this, dim, index); }

}  // namespace xgrad
