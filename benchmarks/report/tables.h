#pragma once

#include <iosfwd>

#include "results.h"

namespace benchmarks {

/// Markdown: times and ratios, what a second thread gains, times beside a foreign load (if measured).
void print_tables(std::ostream& out, const Results& results);

/// For gnuplot: a line for each workload with ratio, its least and greatest, and limit, at one thread and at two.
void print_ratios(std::ostream& out, const Results& results);

/// For gnuplot: a block for each curve, its name in a comment; "LIBRARY gain NAME" is one thread's time over two
/// threads'.
void print_curves(std::ostream& out, const Results& results);

/// The workloads on whose results the libraries do not agree, with both numbers.
std::vector<std::string> disagreements(const Results& results);

}  // namespace benchmarks
