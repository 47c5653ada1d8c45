#include <xgrad/autograd/error.h>
#include <xgrad/autograd/graph.h>
#include <xgrad/autograd/history.h>
#include <xgrad/autograd/visualize.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>

namespace xgrad {

namespace {

using autograd::Edge;
using autograd::Node;
using autograd::TensorMeta;
using Names = std::vector<std::pair<std::string, Tensor>>;

/// Between double quotes. Graphviz takes a backslash for the beginning of an escape.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

/// The innermost module that two paths have in common.
std::string_view common_module(std::string_view a, std::string_view b) {
    const auto ends = [](std::string_view path, std::size_t at) { return at == path.size() || path[at] == '.'; };
    std::size_t common = 0;
    for (std::size_t i = 0; i <= std::min(a.size(), b.size()); ++i) {
        if (ends(a, i) && ends(b, i)) common = i;
        if (i == a.size() || i == b.size() || a[i] != b[i]) break;
    }
    return a.substr(0, common);
}

class Graph {
  public:
    Graph(const TensorList& tensors, const Names& names) {
        for (std::size_t i = 0; i < tensors.size(); ++i) add_result(tensors[i], i);
        for (const auto& [name, tensor] : names) {
            if (!tensor.defined()) continue;
            const Edge edge = detail::gradient_edge(tensor);
            if (edge.is_valid()) names_.try_emplace({edge.function.get(), edge.input_nr}, name);
        }
        // Breadth first: the list grows while it is read, so that graphs may be as deep as memory allows.
        std::size_t read = 0;
        while (read < boxes_.size())
            for (const Edge& edge : boxes_[read++].node->next_edges())
                if (edge.is_valid()) add(edge);
        place();
    }

    std::string text() const {
        std::string out =
            "digraph {\n"
            "    node [shape=box, style=filled, fillcolor=lightgrey, fontname=\"monospace\", fontsize=10];\n"
            "    graph [style=rounded, color=grey, fontname=\"monospace\", fontsize=10, labeljust=l];\n";
        std::size_t clusters = 0;
        add_module(out, root_, 1, clusters);
        for (std::size_t i = 0; i < boxes_.size(); ++i)
            for (const Edge& edge : boxes_[i].node->next_edges())
                if (edge.is_valid()) add_arrow(out, edge, i);
        return out + "}\n";
    }

  private:
    struct Box {
        const Node* node;
        std::vector<std::uint32_t> outputs{};  // those that are used, in order
        bool is_result = false;
        std::string module{};
    };
    struct Module {
        std::string name;
        std::vector<std::size_t> boxes{};
        std::vector<Module> children{};
    };

    void add_result(const Tensor& tensor, std::size_t i) {
        if (!tensor.defined()) raise("to_dot", "tensor ", i, " is undefined: it has no graph");
        results_.push_back(detail::gradient_edge(tensor));
        if (!results_.back().is_valid())
            raise<GraphError>("to_dot", "tensor ", i, " of shape ", detail::shape_string(tensor.sizes()),
                              " does not require grad and does not have a grad_fn: no graph was recorded for it");
        boxes_[add(results_.back())].is_result = true;
    }

    std::size_t add(const Edge& edge) {
        const auto [at, is_new] = index_.try_emplace(edge.function.get(), boxes_.size());
        if (is_new) boxes_.push_back({edge.function.get()});
        std::vector<std::uint32_t>& outputs = boxes_[at->second].outputs;
        const auto place = std::ranges::lower_bound(outputs, edge.input_nr);
        if (place == outputs.end() || *place != edge.input_nr) outputs.insert(place, edge.input_nr);
        return at->second;
    }

    static bool is_leaf(const Node& node) { return dynamic_cast<const autograd::AccumulateGrad*>(&node) != nullptr; }

    /// Puts operations into the modules that recorded them, leaves into the innermost one that has all their users.
    void place() {
        std::vector<bool> used(boxes_.size());
        for (Box& box : boxes_) {
            if (is_leaf(*box.node)) continue;
            box.module = box.node->recorded_in();
            for (const Edge& edge : box.node->next_edges()) {
                if (!edge.is_valid() || !is_leaf(*edge.function)) continue;
                const std::size_t leaf = index_.at(edge.function.get());
                std::string& module = boxes_[leaf].module;
                module = used[leaf] ? std::string(common_module(module, box.module)) : box.module;
                used[leaf] = true;
            }
        }
        for (std::size_t i = 0; i < boxes_.size(); ++i) module_of(boxes_[i].module).boxes.push_back(i);
    }

    Module& module_of(std::string_view path) {
        Module* module = &root_;
        while (!path.empty()) {
            const std::string_view name = path.substr(0, path.find('.'));
            path.remove_prefix(std::min(path.size(), name.size() + 1));
            auto child = std::ranges::find(module->children, name, &Module::name);
            if (child == module->children.end())
                child = module->children.insert(child, Module{.name = std::string(name)});
            module = &*child;
        }
        return *module;
    }

    void add_module(std::string& out, const Module& module, std::size_t depth, std::size_t& clusters) const {
        const std::string indent(4 * depth, ' ');
        for (const std::size_t i : module.boxes) add_box(out, indent, i);
        for (const Module& child : module.children) {
            out += indent + "subgraph cluster_" + std::to_string(clusters++) + " {\n";
            out += indent + "    label=" + quoted(child.name) + ";\n";
            add_module(out, child, depth + 1, clusters);
            out += indent + "}\n";
        }
    }

    void add_box(std::string& out, const std::string& indent, std::size_t i) const {
        const Box& box = boxes_[i];
        const bool leaf = is_leaf(*box.node);
        std::string label = leaf ? "" : box.node->name();
        for (const std::uint32_t k : box.outputs) {
            const auto name = names_.find({box.node, k});
            if (!label.empty()) label += '\n';
            if (name != names_.end()) label += name->second + (leaf ? "\n" : ": ");
            const TensorMeta& meta = box.node->input_metadata(k);
            label += detail::shape_string(meta.sizes) + ' ' + detail::python_name(meta.dtype);
        }
        out += indent + 'n' + std::to_string(i) + " [label=" + quoted(label);
        if (box.is_result)
            out += ", fillcolor=darkolivegreen1";
        else if (leaf)
            out += ", fillcolor=lightblue";
        out += "];\n";
    }

    /// Says which result it is that flows, where there are several.
    void add_arrow(std::string& out, const Edge& edge, std::size_t to) const {
        const std::size_t from = index_.at(edge.function.get());
        out += "    n" + std::to_string(from) + " -> n" + std::to_string(to);
        if (boxes_[from].outputs.size() > 1) out += " [label=" + std::to_string(edge.input_nr) + ']';
        out += ";\n";
    }

    std::vector<Edge> results_;  // they keep the graph alive
    std::vector<Box> boxes_;
    std::unordered_map<const Node*, std::size_t> index_;
    std::map<std::pair<const Node*, std::uint32_t>, std::string> names_;
    Module root_{};
};

}  // namespace

std::string to_dot(const Tensor& tensor, const Names& names) { return to_dot(TensorList{tensor}, names); }

std::string to_dot(const TensorList& tensors, const Names& names) {
    if (tensors.empty()) raise<ValueError>("to_dot", "the list of tensors is empty");
    return Graph(tensors, names).text();
}

}  // namespace xgrad
