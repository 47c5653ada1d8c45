#include "graph_picture.h"

#include "files.h"
#include "plot.h"
#include "program.h"

namespace examples {

namespace fs = std::filesystem;

SavedFigure save_graph(const std::string& graph, const fs::path& folder, const std::string& name) {
    SavedFigure saved;
    const fs::path base = folder / name;
    write_file(base.string() + ".dot", graph);
    saved.files.emplace_back(base.string() + ".dot");
    std::vector<std::string> command = {"dot", "-Gdpi=96"};
    for (const char* format : {"png", "svg"}) {
        command.push_back(std::string("-T") + format);
        command.push_back("-o" + unfinished(name + '.' + format).string());
    }
    saved.problem = run_program(command, "graphviz", graph, folder);
    if (saved.problem.empty()) finish_pictures(base, saved);
    return saved;
}

}  // namespace examples
