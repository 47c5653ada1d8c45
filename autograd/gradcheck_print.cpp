#include <xgrad/autograd/gradcheck_subject.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>

namespace xgrad::detail {

double error_ratio(double analytic, double numerical, double allowed) {
    if (std::isnan(analytic) && std::isnan(numerical)) return 0;
    const double error = std::abs(analytic - numerical);
    if (error == 0) return 0;
    const double ratio = error / allowed;
    return std::isnan(ratio) ? std::numeric_limits<double>::infinity() : ratio;
}

}  // namespace xgrad::detail

namespace xgrad::autograd {

namespace {

std::string formatted(const char* format, double number) {
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), format, number);
    return text.data();
}

/// Eight digits after the point where that shows the number, else an exponent.
std::string value_text(double x) {
    const double magnitude = std::abs(x);
    return formatted(x == 0 || (magnitude >= 1e-3 && magnitude < 1e5) ? "%.8f" : "%.7e", x);
}

std::string ratio_text(double ratio) { return formatted(ratio >= 0.01 && ratio < 1000 ? "%.2f" : "%.1e", ratio); }

std::string place_text(const std::string& name, const std::vector<std::int64_t>& index, bool direction) {
    if (direction) return name + ", projected";
    return index.empty() ? name : name + ' ' + detail::shape_string(index);
}

using Row = std::array<std::string, 6>;

Row row_of(const GradcheckElement& e) {
    return {place_text(e.output, e.output_index, e.direction) + (e.forward ? ", forward mode" : ""),
            place_text(e.input, e.input_index, e.direction),
            value_text(e.analytic),
            value_text(e.numerical),
            formatted("%.1e", e.error()),
            ratio_text(e.ratio())};
}

/// Names to the left, numbers to the right of their columns.
void print_table(std::ostream& out, const std::vector<Row>& rows) {
    constexpr std::size_t kNames = 2;
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string space(widths[i] - row[i].size(), ' ');
            line += "  " + (i < kNames ? row[i] + space : space + row[i]);
        }
        out << '\n' << line;
    }
}

std::string message_of(const GradcheckResult& result) {
    std::ostringstream out;
    out << "[gradcheck] ";
    if (!result.worst.empty()) {
        const GradcheckElement& e = result.worst[0];
        out << "the " << (e.forward ? "forward-mode " : "") << "derivative of " << e.output << " with respect to "
            << e.input << " differs ";
        if (e.direction)
            out << "along a random direction";
        else
            out << "at output element " << detail::shape_string(e.output_index) << ", input element "
                << detail::shape_string(e.input_index);
        out << ": analytic " << e.analytic << ", numerical " << e.numerical << " (allowed " << e.allowed << ")\n";
    }
    out << result;
    return out.str();
}

}  // namespace

double GradcheckElement::error() const {
    return std::isnan(analytic) && std::isnan(numerical) ? 0 : std::abs(analytic - numerical);
}

double GradcheckElement::relative_error() const { return error() == 0 ? 0 : error() / std::abs(numerical); }

double GradcheckElement::ratio() const { return detail::error_ratio(analytic, numerical, allowed); }

std::ostream& operator<<(std::ostream& out, const GradcheckResult& result) {
    if (result.checked == 0) {
        out << "no derivatives compared";
    } else {
        const std::string derivatives =
            std::to_string(result.checked) + (result.checked == 1 ? " derivative " : " derivatives ");
        if (result.passed())
            out << "all " << derivatives << "agree with";
        else
            out << result.failed << " of " << derivatives << (result.failed == 1 ? "differs from" : "differ from");
        out << " central differences of step " << formatted("%.3g", result.eps)
            << (result.dtype == kFloat32 ? " in float32" : "");
    }
    if (result.skipped > 0) out << ", " << result.skipped << " left out";
    std::vector<Row> rows{{"output", "input", "analytic", "numerical", "error", "error/allowed"}};
    for (const GradcheckElement& e : result.worst)
        if (result.passed() || e.ratio() > 1) rows.push_back(row_of(e));
    if (rows.size() > 1) print_table(out, rows);
    return out;
}

GradcheckError::GradcheckError(GradcheckResult result)
    : Error(message_of(result)), result_(std::make_shared<const GradcheckResult>(std::move(result))) {}

}  // namespace xgrad::autograd
