#include <xgrad/autograd/functions.h>
#include <xgrad/autograd/ops/op.h>
#include <xgrad/autograd/ops/product/product.h>

#include <algorithm>
#include <array>
#include <cctype>

/// All operands get one dimension for every letter, in one order: first those of the result, then those that are summed
/// over; of size 1 where an operand does not have the letter. Contraction is then a product of two operands at a time,
/// over the dimensions that no other operand has.
namespace xgrad {

using detail::Dims;

namespace {

constexpr char kEllipsis = '.';

/// Where a subscript stands in tables of all of them.
constexpr std::size_t index_of(char c) { return static_cast<unsigned char>(c); }

/// The letters of one operand or of the result, with one kEllipsis for "...".
using Subscripts = std::string;

Subscripts parse(std::string_view text) {
    Subscripts out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == ' ') continue;
        if (c == '.') {
            if (text.substr(i, 3) != "...")
                raise<ValueError>("einsum", "found '.' in \"", text, "\" that is not part of any ellipsis");
            if (out.find(kEllipsis) != Subscripts::npos)
                raise<ValueError>("einsum", "found '.' in \"", text, "\" for which an ellipsis was already found");
            out += kEllipsis;
            i += 2;
        } else if (std::isalpha(static_cast<unsigned char>(c))) {
            out += c;
        } else {
            raise<ValueError>("einsum", "invalid subscript '", c, "' in \"", text,
                              "\", subscripts must be in [a-zA-Z]");
        }
    }
    return out;
}

struct Equation {
    std::vector<Subscripts> operands;
    Subscripts result;
};

/// Without an arrow: what the ellipses stand for, then the letters that occur once.
Subscripts implicit_result(const std::vector<Subscripts>& operands) {
    std::array<int, 128> count{};
    for (const Subscripts& operand : operands)
        for (const char c : operand) ++count[index_of(c)];
    Subscripts out;
    if (count[index_of(kEllipsis)] > 0) out += kEllipsis;
    for (std::size_t c = 'A'; c <= 'z'; ++c)
        if (count[c] == 1) out += static_cast<char>(c);
    return out;
}

Equation parse_equation(std::string_view text, std::size_t operands) {
    const std::size_t arrow = text.find("->");
    std::string_view left = text.substr(0, arrow);
    Equation out;
    for (;;) {
        const std::size_t comma = left.find(',');
        out.operands.push_back(parse(left.substr(0, comma)));
        if (comma == std::string_view::npos) break;
        left.remove_prefix(comma + 1);
    }
    if (out.operands.size() != operands)
        raise<ValueError>("einsum", operands > out.operands.size() ? "more" : "fewer",
                          " operands were provided than specified in the equation: ", operands, " for \"", text, '"');
    out.result = arrow == std::string_view::npos ? implicit_result(out.operands) : parse(text.substr(arrow + 2));
    return out;
}

/// Where each letter's dimension stands.
class Places {
  public:
    Places(const Equation& equation, const TensorList& tensors) {
        position_.fill(kNone);
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            const Subscripts& s = equation.operands[i];
            const bool ellipsis = s.find(kEllipsis) != Subscripts::npos;
            const std::int64_t letters = static_cast<std::int64_t>(s.size()) - ellipsis, rank = tensors[i].dim();
            if (letters > rank || (letters < rank && !ellipsis))
                raise<ShapeError>("einsum", "the number of subscripts in the equation (", letters,
                                  ellipsis ? ") is more than the number of dimensions ("
                                           : ") does not match the number of dimensions (",
                                  rank, ") for operand ", i, ellipsis ? "" : " and no ellipsis was given");
            hidden_ = std::max(hidden_, rank - letters);
        }
        for (const char c : equation.result) {
            if (place(c) != kNone)
                raise<ValueError>("einsum", "output subscript ", c, " appears more than once in the output");
            const auto has = [c](const Subscripts& s) { return s.find(c) != Subscripts::npos; };
            if (c != kEllipsis && std::ranges::none_of(equation.operands, has))
                raise<ValueError>("einsum", "output subscript ", c,
                                  " does not appear in the equation for any input operand");
            add(c);
        }
        result_rank_ = rank_;
        for (const Subscripts& s : equation.operands)
            for (const char c : s)
                if (place(c) == kNone) add(c);
        sizes_ = Dims(static_cast<std::size_t>(rank_), 1);
    }

    std::int64_t rank() const { return rank_; }
    std::int64_t result_rank() const { return result_rank_; }

    /// Operand i with a dimension for every place.
    Tensor spread(const Tensor& tensor, const Subscripts& subscripts, std::size_t i) {
        Tensor x = tensor;
        const std::int64_t own = tensor.dim() - static_cast<std::int64_t>(subscripts.size()) + 1;  // of an ellipsis
        Dims source(static_cast<std::size_t>(rank_), kNone);  // which dimension of x stands at a place
        std::int64_t d = 0;
        for (const char c : subscripts) {
            if (c == kEllipsis) {
                for (std::int64_t k = 0; k < own; ++k)
                    source[static_cast<std::size_t>(place(c) + hidden_ - own + k)] = d++;
                continue;
            }
            std::int64_t& at = source[static_cast<std::size_t>(place(c))];
            if (at == kNone) {
                at = d++;
                continue;
            }
            if (x.size(at) != x.size(d))
                raise<ShapeError>("einsum", "subscript ", c, " is repeated for operand ", i,
                                  " but the sizes don't match, ", x.size(d), " != ", x.size(at));
            x = x.diagonal(0, at, d).movedim(-1, at);
        }
        Dims order, sizes;
        for (std::size_t p = 0; p < source.size(); ++p) {
            const std::int64_t n = source[p] == kNone ? 1 : x.size(source[p]);
            if (source[p] != kNone) order.push_back(source[p]);
            sizes.push_back(n);
            if (n != 1 && sizes_[p] != 1 && n != sizes_[p])
                raise<ShapeError>("einsum", "operand ", i, " of shape ", detail::shape_string(tensor.sizes()),
                                  " has size ", n, " for a subscript of \"", subscripts,
                                  "\" which does not broadcast with previously seen size ", sizes_[p]);
            if (n != 1) sizes_[p] = n;
        }
        return x.permute(order).reshape(sizes);
    }

  private:
    static constexpr std::int64_t kNone = -1;

    std::int64_t place(char c) const { return position_[index_of(c)]; }
    void add(char c) {
        position_[index_of(c)] = rank_;
        rank_ += c == kEllipsis ? hidden_ : 1;
    }

    std::array<std::int64_t, 128> position_;
    std::int64_t hidden_ = 0;  // dimensions that the longest ellipsis stands for
    std::int64_t rank_ = 0, result_rank_ = 0;
    Dims sizes_;  // seen so far
};

/// `x` without the given dimensions: their sizes become 1.
Tensor sum_out(const Tensor& x, const Dims& dims) { return dims.empty() ? x : x.sum(dims, true, x.dtype()); }

/// The product of two operands summed over the dimensions `contracted`, which both have.
Tensor contract(const Tensor& a, const Tensor& b, const Dims& contracted) {
    if (contracted.empty()) return a * b;
    // Dimensions of both, of the left one (or neither) and of the right one.
    Dims both, left, right;
    std::int64_t inner = 1;
    for (std::int64_t d = 0; d < a.dim(); ++d) {
        if (std::ranges::find(contracted, d) != contracted.end())
            inner *= a.size(d);
        else if (b.size(d) == 1)
            left.push_back(d);
        else
            (a.size(d) == 1 ? right : both).push_back(d);
    }
    Dims order_a = both, order_b = both, order, sizes;
    std::int64_t batches = 1, rows = 1, cols = 1;
    const auto append = [&](Dims& to, const Dims& dims) {
        for (const auto d : dims) to.push_back(d);
    };
    append(order_a, left);
    append(order_a, contracted);
    append(order_a, right);
    append(order_b, contracted);
    append(order_b, right);
    append(order_b, left);
    for (const auto d : both) batches *= a.size(d);
    for (const auto d : left) rows *= a.size(d);
    for (const auto d : right) cols *= b.size(d);
    const Tensor x = a.permute(order_a), y = b.permute(order_b);
    const Tensor product = both.empty() ? x.reshape({rows, inner}).mm(y.reshape({inner, cols}))
                                        : x.reshape({batches, rows, inner}).bmm(y.reshape({batches, inner, cols}));
    append(order, both);
    append(order, left);
    append(order, right);
    append(order, contracted);
    Dims back(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) {
        const std::int64_t d = order[k];
        sizes.push_back(k < both.size() + left.size()          ? a.size(d)
                        : k < order.size() - contracted.size() ? b.size(d)
                                                               : 1);
        back[static_cast<std::size_t>(d)] = static_cast<std::int64_t>(k);
    }
    return product.reshape(sizes).permute(back);
}

/// The product of two operands, summed over the places from `from` on that none of the `others` has.
Tensor product_of(const Tensor& a, const Tensor& b, const TensorList& others, std::int64_t from) {
    Dims only_a, only_b, contracted;
    for (std::int64_t d = from; d < a.dim(); ++d) {
        if (std::ranges::any_of(others, [d](const Tensor& x) { return x.size(d) != 1; })) continue;
        if (a.size(d) != 1 && b.size(d) != 1)
            contracted.push_back(d);
        else if (a.size(d) != 1)
            only_a.push_back(d);
        else if (b.size(d) != 1)
            only_b.push_back(d);
    }
    return contract(sum_out(a, only_a), sum_out(b, only_b), contracted);
}

}  // namespace

Tensor einsum(std::string_view equation, const TensorList& tensors, OptionalIntArrayRef path) {
    if (tensors.empty()) raise<ValueError>("einsum", "must provide at least one operand");
    for (const Tensor& x : tensors) ops::check_defined("einsum", x);
    const Equation parsed = parse_equation(equation, tensors.size());
    Places places(parsed, tensors);
    TensorList operands;
    for (std::size_t i = 0; i < tensors.size(); ++i)
        operands.push_back(places.spread(tensors[i], parsed.operands[i], i));
    const std::size_t steps = tensors.size() - 1;
    if (path && path->size() != std::max<std::size_t>(2 * steps, 2))
        raise<ValueError>("einsum", "expected contraction path given in path parameter to have size ",
                          std::max<std::size_t>(2 * steps, 2), " but got ", path->size());
    for (std::size_t step = 0; step < steps; ++step) {
        auto i = path ? (*path)[2 * step] : 0, j = path ? (*path)[2 * step + 1] : 1;
        if (j < i) std::swap(i, j);
        if (i < 0 || i == j || j >= static_cast<std::int64_t>(operands.size()))
            raise<ValueError>("einsum", "invalid contraction path (", i, ", ", j, ") of ", operands.size(),
                              " operands");
        const Tensor a = operands[static_cast<std::size_t>(i)], b = operands[static_cast<std::size_t>(j)];
        operands.erase(operands.begin() + j);
        operands.erase(operands.begin() + i);
        Tensor product = product_of(a, b, operands, places.result_rank());
        operands.insert(path ? operands.end() : operands.begin(), std::move(product));
    }
    Dims summed;
    for (std::int64_t d = places.result_rank(); d < places.rank(); ++d)
        if (operands[0].size(d) != 1) summed.push_back(d);
    const Tensor sum = sum_out(operands[0], summed);
    return sum.reshape(sum.sizes().slice(0, static_cast<std::size_t>(places.result_rank())));
}

}  // namespace xgrad
