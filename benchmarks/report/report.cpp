// Makes tables and gnuplot's data of the results in a folder.
#include <fstream>
#include <iostream>

#include "tables.h"

using namespace benchmarks;

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "Usage: benchmark_report FOLDER: reads *.jsonl there, writes ratios.dat and curves.dat, prints "
                     "Markdown\n";
        return 2;
    }
    try {
        const std::filesystem::path folder = argv[1];
        const Results results = read_results(folder);
        std::ofstream ratios(folder / "ratios.dat"), curves(folder / "curves.dat");
        print_ratios(ratios, results);
        print_curves(curves, results);
        print_tables(std::cout, results);

        const std::vector<std::string> wrong = disagreements(results);
        std::cout << "\nResults " << (wrong.empty() ? "agree.\n" : "do NOT agree:\n\n");
        for (const std::string& line : wrong) std::cout << "- " << line << '\n';
        return wrong.empty() ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "benchmark_report: " << error.what() << '\n';
        return 2;
    }
}
