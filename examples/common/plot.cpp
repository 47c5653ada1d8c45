#include "plot.h"

#include "files.h"
#include "program.h"

namespace examples {

namespace fs = std::filesystem;

namespace {

std::string doubled(const std::string& text, char quote) {
    std::string out(1, quote);
    for (const char c : text) out += c == quote ? std::string(2, quote) : std::string(1, c);
    return out + quote;
}

std::string png_terminal(const Plot& plot) {
    return "set terminal pngcairo noenhanced size " + std::to_string(plot.width) + ',' + std::to_string(plot.height) +
           " font 'Sans,12' linewidth 1.3\n";
}

std::string svg_terminal(const Plot& plot) {
    return "set terminal svg noenhanced size " + std::to_string(plot.width) + ',' + std::to_string(plot.height) +
           " dynamic font 'sans-serif,15' linewidth 1.3 background '#ffffff'\n";
}

/// The pictures of one figure while they are drawn: files of their unfinished names, which go away in the end.
class Drawings {
  public:
    Drawings(fs::path folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}
    ~Drawings() {
        std::error_code error;
        for (const std::string& file : files_) fs::remove(unfinished(folder_ / file), error);
    }
    Drawings(const Drawings&) = delete;
    Drawings& operator=(const Drawings&) = delete;

    /// The commands that draw name + ending, in the folder where gnuplot runs.
    std::string draw(const std::string& ending, const std::string& terminal, const Plot& plot) {
        files_.push_back(name_ + ending);
        return terminal + "set output " + quoted(unfinished(files_.back()).string()) + '\n' + plot.commands +
               "set output\n";
    }

  private:
    fs::path folder_;
    std::string name_;
    std::vector<std::string> files_;
};

}  // namespace

std::string quoted(const std::string& text) { return doubled(text, '\''); }

std::string csv_field(const std::string& text) { return doubled(text, '"'); }

bool finish_pictures(const fs::path& base, SavedFigure& saved) {
    for (const char* ending : {".png", ".svg"}) {
        const fs::path path = base.string() + ending;
        std::error_code error;
        fs::rename(unfinished(path), path, error);
        if (error) {
            saved.problem = "cannot write '" + path.string() + "': " + error.message();
            return false;
        }
        saved.files.push_back(path);
    }
    return true;
}

SavedFigure save_plots(const PlotScript& script, const std::string& csv, const fs::path& folder,
                       const std::string& name) {
    SavedFigure saved;
    const fs::path base = folder / name;
    write_file(base.string() + ".csv", csv);
    saved.files.emplace_back(base.string() + ".csv");

    Drawings drawings(folder, name);
    const auto page_ending = [](const char* kind, std::size_t i) { return kind + std::to_string(i) + ".svg"; };
    std::string commands = script.setup + drawings.draw(".png", png_terminal(script.whole), script.whole) +
                           drawings.draw(".svg", svg_terminal(script.whole), script.whole);
    const auto draw_page = [&](const std::vector<Plot>& plots, const char* kind) {
        for (std::size_t i = 0; i < plots.size(); ++i) {
            commands += drawings.draw(page_ending(kind, i), svg_terminal(plots[i]), plots[i]);
        }
    };
    draw_page(script.page, "-page");
    draw_page(script.narrow_page, "-narrow");
    saved.problem = run_program({"gnuplot"}, "gnuplot-nox", commands, folder);
    if (!saved.problem.empty() || !finish_pictures(base, saved)) return saved;
    const auto read_page = [&](const std::vector<Plot>& plots, const char* kind, std::vector<std::string>& pictures) {
        for (std::size_t i = 0; i < plots.size(); ++i) {
            pictures.push_back(read_file(unfinished(base.string() + page_ending(kind, i))));
        }
    };
    read_page(script.page, "-page", saved.pictures);
    read_page(script.narrow_page, "-narrow", saved.narrow_pictures);
    return saved;
}

}  // namespace examples
