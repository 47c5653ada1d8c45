#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/batch.h>
#include <xgrad/autograd/ops/kernels/table.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/product/blas.h>
#include <xgrad/autograd/parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xgrad {

using detail::Dims;
using detail::shape_string;

namespace ops {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The weights of the keys, to be differentiated.
Tensor attention_weights(const Tensor& q, const Tensor& k, const Tensor& mask, bool causal, double scale) {
    Tensor scores = q.matmul(k.transpose(-2, -1)) * scale;
    if (mask.defined()) scores = scores + mask;
    if (causal) {
        const Tensor query = arange(q.size(-2)).unsqueeze(1), key = arange(k.size(-2));
        scores = where(key <= query, scores, -kInfinity);
    }
    if (scores.numel() == 0) return scores.softmax(-1);
    const Tensor blind = (scores != -kInfinity).sum(-1, true) == 0;
    return where(blind, 0, where(blind, 0, scores).softmax(-1));
}

/// The matrices of a tensor (N, H, rows, columns) whose rows are contiguous.
template <class T>
class Matrices {
  public:
    explicit Matrices(const Tensor& x)
        : data_(x.data_ptr<T>()),
          batch_(x.stride(0)),
          head_(x.stride(1)),
          row_(std::max({x.size(2) == 1 ? 1 : x.stride(2), x.size(3), std::int64_t{1}})) {}

    T* at(std::int64_t n, std::int64_t h, std::int64_t row = 0) const {
        return data_ + n * batch_ + h * head_ + row * row_;
    }
    BlasMatrix<T> from(std::int64_t n, std::int64_t h, std::int64_t row = 0) const {
        return {at(n, h, row), false, row_};
    }
    BlasMatrix<T> transposed(std::int64_t n, std::int64_t h) const { return {at(n, h), true, row_}; }
    std::int64_t row_stride() const { return row_; }

  private:
    T* data_;
    std::int64_t batch_, head_, row_;
};

/// As Matrices takes it.
Tensor in_rows(const Tensor& x) {
    const bool unit = x.stride(3) == 1 || x.size(3) == 1, apart = x.stride(2) >= x.size(3) || x.size(2) == 1;
    return unit && apart ? x : x.contiguous();
}

/// A mask with contiguous rows; the other dimensions may be repeated without a copy.
Tensor mask_in_rows(const Tensor& mask) {
    return !mask.defined() || mask.stride(3) == 1 || mask.size(3) == 1 ? mask : mask.contiguous();
}

/// Uninitialised (N, H, rows, columns), the heads side by side in memory if those of `model` are: so is what
/// projections are split into, and what follows would copy it otherwise.
Tensor laid_out_as(const Tensor& model, std::int64_t rows, std::int64_t columns) {
    const std::int64_t n = model.size(0), heads = model.size(1);
    if (heads > 1 && rows > 1 && model.stride(1) < model.stride(2))
        return empty_strided({n, heads, rows, columns}, {rows * heads * columns, columns, heads * columns, 1},
                             model.dtype());
    return empty({n, heads, rows, columns}, model.dtype());
}

/// softmax(scale q k^T + mask) v for (N, H, L, E), (N, H, S, E), (N, H, S, Ev) and perhaps a mask (N, H, L, S). Only
/// blocks of rows of the weights exist, one after the other; backward makes them again.
struct Attention {
    static constexpr const char* name = "scaled_dot_product_attention";
    static constexpr Uses kAll = in(0) | in(1) | in(2) | in(3);
    static constexpr Uses uses[] = {kAll, kAll, in(0) | in(1) | in(3), kAll};

    double scale;
    bool causal;

    template <class... Mask>
    Tensor forward(const Tensor& q, const Tensor& k, const Tensor& v, const Mask&... mask) const {
        Tensor out = laid_out_as(q, q.size(2), v.size(3));
        const std::array<Tensor, 1> masks = {mask_in_rows(mask)...};
        run_typed(q, [&]<class T>(T) { attend<T>(in_rows(q), in_rows(k), in_rows(v), masks[0], out); });
        return out;
    }

    void vjp(Vjp& b) const {
        const Tensor& g = b.grad();
        const bool masked = b.num_inputs() > 3;
        const Tensor q = b.input(0), k = b.input(1), mask = masked ? mask_in_rows(b.input(3)) : Tensor();
        const bool dmask = masked && b.needs(3), scores_wanted = b.needs(0) || b.needs(1) || dmask;
        const Tensor v = scores_wanted ? b.input(2) : Tensor();
        if (!GradMode::is_enabled() && !any_wrapped(g, q, k, v, mask) && v.defined()) {
            Gradients d{laid_out_as(q, q.size(2), q.size(3)), laid_out_as(k, k.size(2), k.size(3)).zero_(),
                        laid_out_as(v, v.size(2), v.size(3)).zero_(),
                        dmask ? zeros(mask.sizes(), mask.dtype()) : Tensor()};
            run_typed(q, [&]<class T>(T) { gradients<T>(in_rows(q), in_rows(k), in_rows(v), mask, in_rows(g), d); });
            if (b.needs(0)) b.set(0, d.q);
            if (b.needs(1)) b.set(1, d.k);
            if (b.needs(2)) b.set(2, d.v);
            if (dmask) b.set(3, d.mask);
            return;
        }
        const Tensor w = attention_weights(q, k, mask, causal, scale);
        if (b.needs(2)) b.set(2, w.transpose(-2, -1).matmul(g));
        if (!scores_wanted) return;
        const Tensor dw = g.matmul(v.transpose(-2, -1)), ds = w * (dw - (w * dw).sum(-1, true));
        if (b.needs(0)) b.set(0, ds.matmul(k) * scale);
        if (b.needs(1)) b.set(1, ds.transpose(-2, -1).matmul(q) * scale);
        if (dmask) b.set(3, ds);
    }
    Tensor jvp(std::span<const Tensor> x, std::span<const Tensor> t, const Tensor&) const {
        const Tensor &q = x[0], &k = x[1], &v = x[2];
        const Tensor w = attention_weights(q, k, x.size() > 3 ? x[3] : Tensor(), causal, scale);
        Tensor ds = x.size() > 3 ? t[3] : Tensor(), out;
        if (t[0].defined()) ds = add_tangents(ds, t[0].matmul(k.transpose(-2, -1)) * scale);
        if (t[1].defined()) ds = add_tangents(ds, q.matmul(t[1].transpose(-2, -1)) * scale);
        if (ds.defined()) out = (w * (ds - (w * ds).sum(-1, true))).matmul(v);
        return t[2].defined() ? add_tangents(out, w.matmul(t[2])) : out;
    }
    Batched batch(std::span<const Tensor> x, std::span<const std::int64_t> dims) const {
        return batch_folded(*this, x, dims, {0, 0, 0, 0}, 0);
    }

  private:
    struct Gradients {
        Tensor q, k, v, mask;
    };

    template <class F>
    static void run_typed(const Tensor& x, F f) {
        if (x.dtype() == kFloat32)
            f(float{});
        else
            f(double{});
    }

    /// So many rows that their weights stay in the cache.
    static std::int64_t rows_of_block(std::int64_t keys) {
        return std::clamp<std::int64_t>(32768 / std::max<std::int64_t>(keys, 1) / 16 * 16, 16, 128);
    }

    /// The weights of `rows` queries from `first` on, into `out`, and of how many keys they are.
    template <class T>
    AttentionRows make_weights(const Matrices<T>& q, const Matrices<T>& k, const Tensor& mask, std::int64_t n,
                               std::int64_t h, std::int64_t first, std::int64_t rows, const Tensor& model_q,
                               std::int64_t keys, T* out) const {
        const std::int64_t seen = causal ? std::min(keys, first + rows) : keys;
        gemm<T>(rows, seen, model_q.size(3), q.from(n, h, first), k.transposed(n, h), T(0), out, seen);
        AttentionRows block{rows, seen, first, causal, scale, 0};
        const T* m = nullptr;
        if (mask.defined()) {
            block.mask_stride = mask.stride(2);
            m = mask.data_ptr<T>() + n * mask.stride(0) + h * mask.stride(1) + first * mask.stride(2);
        }
        kernels().attention[float_index(model_q.dtype())].weights(block, out, m);
        return block;
    }

    template <class T>
    void attend(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, const Tensor& out) const {
        const std::int64_t heads = q.size(1), queries = q.size(2), keys = k.size(2), width = v.size(3);
        const std::int64_t step = rows_of_block(keys), blocks = (queries + step - 1) / step;
        const Matrices<T> mq(q), mk(k), mv(v), mo(out);
        const std::int64_t work = std::max<std::int64_t>(step * keys * (q.size(3) + width), 1);
        const std::int64_t grain = std::max<std::int64_t>(kParallelProduct / work, 1);
        detail::parallel_for(0, q.size(0) * heads * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
            const Tensor buffer = empty({step, keys}, q.dtype());
            T* const w = buffer.data_ptr<T>();
            for (std::int64_t i = begin; i < end; ++i) {
                const std::int64_t n = i / blocks / heads, h = i / blocks % heads, first = i % blocks * step;
                const std::int64_t rows = std::min(step, queries - first);
                const auto block = make_weights<T>(mq, mk, mask, n, h, first, rows, q, keys, w);
                gemm<T>(rows, width, block.n, {w, false, block.n}, mv.from(n, h), T(0), mo.at(n, h, first),
                        mo.row_stride());
            }
        });
    }

    template <class T>
    void gradients(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, const Tensor& g,
                   const Gradients& d) const {
        const std::int64_t heads = q.size(1), queries = q.size(2), keys = k.size(2);
        const std::int64_t depth = q.size(3), width = v.size(3), step = rows_of_block(keys);
        const Matrices<T> mq(q), mk(k), mv(v), mg(g), dq(d.q), dk(d.k), dv(d.v);
        const std::int64_t work = std::max<std::int64_t>(queries * keys * (depth + width), 1);
        const std::int64_t grain = std::max<std::int64_t>(kParallelProduct / work, 1);
        const auto& kernel = kernels().attention[float_index(q.dtype())];
        detail::parallel_for(0, q.size(0) * heads, grain, [&](std::int64_t begin, std::int64_t end) {
            const Tensor buffer = empty({2, step, keys}, q.dtype());
            T* const w = buffer.data_ptr<T>();
            T* const s = w + step * keys;
            for (std::int64_t i = begin; i < end; ++i) {
                const std::int64_t n = i / heads, h = i % heads;
                for (std::int64_t first = 0; first < queries; first += step) {
                    const std::int64_t rows = std::min(step, queries - first);
                    auto block = make_weights<T>(mq, mk, mask, n, h, first, rows, q, keys, w);
                    const std::int64_t seen = block.n;
                    gemm<T>(seen, width, rows, {w, true, seen}, mg.from(n, h, first), T(1), dv.at(n, h),
                            dv.row_stride());
                    gemm<T>(rows, seen, width, mg.from(n, h, first), mv.transposed(n, h), T(0), s, seen);
                    block.mask_stride = keys;
                    kernel.backward(block, w, s,
                                    d.mask.defined() ? d.mask.data_ptr<T>() + (i * queries + first) * keys : nullptr);
                    gemm<T>(rows, depth, seen, {s, false, seen}, mk.from(n, h), T(0), dq.at(n, h, first),
                            dq.row_stride());
                    gemm<T>(seen, depth, rows, {s, true, seen}, mq.from(n, h, first), T(1), dk.at(n, h),
                            dk.row_stride());
                }
            }
        });
    }
};

using Attentions = Family<Attention>;

void check_attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, bool causal) {
    constexpr const char* name = Attention::name;
    check_defined(name, q);
    check_defined(name, k);
    check_defined(name, v);
    if (q.dim() < 2 || k.dim() < 2 || v.dim() < 2)
        raise<ShapeError>(name, "Expected query, key, and value to all be at least 2 dimensional, but got ", q.dim(),
                          ", ", k.dim(), " and ", v.dim(), " dimensions");
    if (q.dtype() != k.dtype() || q.dtype() != v.dtype())
        raise<DtypeError>(name, "Expected query, key, and value to have the same dtype, but got ", q.dtype(), ", ",
                          k.dtype(), " and ", v.dtype());
    if (!q.is_floating_point()) raise<DtypeError>(name, "needs a floating point dtype, got ", q.dtype());
    if (q.size(-1) != k.size(-1) || k.size(-2) != v.size(-2))
        raise<ShapeError>(name, "query (..., L, E), key (..., S, E) and value (..., S, Ev) do not fit: got ",
                          shape_string(q.sizes()), ", ", shape_string(k.sizes()), " and ", shape_string(v.sizes()));
    if (!mask.defined()) return;
    if (causal) raise<ValueError>(name, "Explicit attn_mask should not be set when is_causal=True");
    if (mask.dtype() != kBool && mask.dtype() != q.dtype())
        raise<DtypeError>(name,
                          "Expected attn_mask dtype to be bool or to match query dtype, but got attn_mask.dtype: ",
                          mask.dtype(), " and query.dtype: ", q.dtype());
}

/// Heads of keys or values repeated to be as many as those of the queries.
Tensor repeat_heads(const Tensor& x, const Tensor& q) {
    if (x.dim() < 3 || q.dim() < 3 || x.size(-3) == 0 || q.size(-3) % x.size(-3) != 0)
        raise<ShapeError>(Attention::name, "with enable_gqa the number of heads (dimension -3) of the query ",
                          shape_string(q.sizes()), " must be a multiple of that of ", shape_string(x.sizes()));
    Dims wide = x.sizes(), flat = x.sizes();
    const std::size_t head = wide.size() - 3;
    wide.insert(head + 1, q.size(-3) / x.size(-3));
    flat[head] = q.size(-3);
    return x.unsqueeze(-3).expand(wide).reshape(flat);
}

/// `x` with the leading dimensions `lead`, as (N, H, rows, columns).
Tensor as_heads(const Tensor& x, const Dims& lead) {
    Dims full = lead;
    full.push_back(x.size(-2));
    full.push_back(x.size(-1));
    Tensor wide = x.expand(full);
    if (lead.size() == 2) return wide;
    if (lead.size() < 2) return lead.empty() ? wide.unsqueeze(0).unsqueeze(0) : wide.unsqueeze(1);
    return wide.flatten(0, static_cast<std::int64_t>(lead.size()) - 2);
}

}  // namespace

std::vector<OpInfo> attention_operations() { return Attentions::table(); }

}  // namespace ops

Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const std::optional<Tensor>& attn_mask, double dropout_p, bool is_causal,
                                    std::optional<double> scale, bool enable_gqa) {
    constexpr const char* name = ops::Attention::name;
    Tensor mask = attn_mask.value_or(Tensor());
    ops::check_attention(query, key, value, mask, is_causal);
    const Tensor k = enable_gqa ? ops::repeat_heads(key, query) : key;
    const Tensor v = enable_gqa ? ops::repeat_heads(value, query) : value;
    const double factor = scale.value_or(1 / std::sqrt(static_cast<double>(query.size(-1))));
    const auto leading = [](const Tensor& x) { return x.sizes().slice(0, x.sizes().size() - 2); };
    const Dims lead =
        detail::broadcast_shapes(detail::broadcast_shapes(leading(query), leading(k), name), leading(v), name);
    const std::int64_t queries = query.size(-2), keys = k.size(-2);
    Dims scores = lead;
    scores.push_back(queries);
    scores.push_back(keys);
    if (mask.defined()) {
        if (!detail::is_expandable_to(mask.sizes(), scores))
            raise<ShapeError>(name, "attn_mask of shape ", shape_string(mask.sizes()), " does not broadcast to ",
                              shape_string(scores));
        if (mask.dtype() == kBool) mask = where(mask, zeros({}, query.dtype()), -ops::kInfinity);
    }
    const bool empty = query.numel() == 0 || k.numel() == 0 || v.numel() == 0;
    if (dropout_p > 0 || empty) {
        const Tensor weights = ops::attention_weights(query, k, mask, is_causal, factor);
        return dropout(weights, dropout_p, true).matmul(v);
    }
    const ops::Attention op{factor, is_causal};
    const Tensor q4 = ops::as_heads(query, lead), k4 = ops::as_heads(k, lead), v4 = ops::as_heads(v, lead);
    Tensor out;
    if (mask.defined()) {
        while (mask.dim() < 2) mask = mask.unsqueeze(0);
        Dims rows = mask.sizes();
        rows[rows.size() - 1] = keys;
        rows[rows.size() - 2] = queries;
        out = ops::Attentions::apply(op, q4, k4, v4, ops::as_heads(mask.expand(rows), lead));
    } else {
        out = ops::Attentions::apply(op, q4, k4, v4);
    }
    if (lead.size() == 2) return out;
    Dims sizes = lead;
    sizes.push_back(queries);
    sizes.push_back(v.size(-1));
    return out.reshape(sizes);
}

}  // namespace xgrad
