#include "report.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "report_style.h"
#include "text.h"

namespace examples {

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

/// How many bytes the character of UTF-8 takes that begins with this one.
std::size_t character_length(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

std::size_t columns(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// Accented and small Greek letters, as opposed to signs and capitals such as the sum's.
bool is_foreign_letter(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead == 0xCE && text.size() > 1) return static_cast<unsigned char>(text[1]) >= 0xB1;
    return lead >= 0xC4 && lead < 0xD0;
}

bool is_function(std::string_view word) {
    constexpr std::array<std::string_view, 11> kNames = {"ln",   "log",  "exp", "sin", "cos", "tanh",
                                                         "sinh", "cosh", "max", "min", "lcm"};
    return std::find(kNames.begin(), kNames.end(), word) != kNames.end();
}

/// Variables are set in italics, numbers, signs and the names of functions upright.
std::string formula(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        if ((text[i] == '_' || text[i] == '^') && i + 1 < text.size()) {
            const std::string tag = text[i] == '_' ? "sub>" : "sup>";
            const std::size_t start = text[i + 1] == '{' ? i + 2 : i + 1;
            const std::size_t end = text[i + 1] == '{' ? std::min(text.find('}', start), text.size())
                                                       : start + character_length(text[start]);
            out += '<' + tag + formula(text.substr(start, end - start)) + "</" + tag;
            i = text[i + 1] == '{' ? end + 1 : end;
            continue;
        }
        std::size_t end = i + character_length(text[i]);
        bool variable = is_foreign_letter(text.substr(i));
        if (is_letter(text[i])) {
            while (end < text.size() && is_letter(text[end])) ++end;
            variable = !is_function(text.substr(i, end - i));
        }
        const std::string part = text[i] == '-' ? "\u2212" : escaped(text.substr(i, end - i));
        out += variable ? "<i>" + part + "</i>" : part;
        i = end;
    }
    return out;
}

std::string without_backticks(std::string text) {
    text.erase(std::remove(text.begin(), text.end(), '`'), text.end());
    return text;
}

struct Look {
    const char* style;
    const char* number;  // said of a number
    const char* claim;   // said of a claim
};

Look look(Verdict verdict) {
    switch (verdict) {
        case Verdict::kReproduced:
            return {"good", "reproduced", "right"};
        case Verdict::kPartly:
            return {"half", "partly", "partly right"};
        case Verdict::kDiffers:
            return {"bad", "differs", "wrong"};
        case Verdict::kNote:
            break;
    }
    return {"note", "measured", "no verdict"};
}

std::string badge(Verdict verdict, const char* word) {
    return std::string("<span class=\"verdict ") + look(verdict).style + "\">" + word + "</span>";
}

/// Cells that are HTML already.
std::string table_html(const std::string& kind, const std::string& caption, const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows) {
    std::string out = "<table class=\"" + kind + "\">";
    if (!caption.empty()) out += "<caption>" + html_text(caption) + "</caption>";
    out += "<thead><tr>";
    for (const std::string& cell : head) out += "<th scope=\"col\">" + html_text(cell) + "</th>";
    out += "</tr></thead>\n<tbody>\n";
    for (const auto& row : rows) {
        out += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string label = "data-head=\"" + escaped(without_backticks(head[i])) + "\">" + row[i];
            out += i == 0 ? "<th scope=\"row\" " + label + "</th>" : "<td " + label + "</td>";
        }
        out += "</tr>\n";
    }
    return out + "</tbody></table>\n";
}

std::string tally_html(const std::string& title, const Report::Tally& tally, bool claims) {
    int sum = 0;
    for (const auto& [verdict, count] : tally) sum += count;
    if (sum == 0) return {};
    std::string bar;
    std::string key;
    for (const auto& [verdict, count] : tally) {
        const Look is = look(verdict);
        bar += std::string("<i class=\"") + is.style + "\" style=\"flex:" + std::to_string(count) + "\"></i>";
        key += "<span>" + badge(verdict, claims ? is.claim : is.number) + ' ' + std::to_string(count) + "</span>";
    }
    return "<div class=\"tally\"><p>" + std::to_string(sum) + ' ' + title + "</p><div class=\"bar\">" + bar +
           "</div><div class=\"key\">" + key + "</div></div>\n";
}

std::string data_uri(const std::string& svg) { return "data:image/svg+xml;base64," + base64(svg); }

}  // namespace

std::string text(const Table& table) {
    std::vector<std::vector<std::string>> lines{table.head};
    lines.insert(lines.end(), table.rows.begin(), table.rows.end());
    std::vector<std::size_t> widths(table.head.size());
    for (auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            line[i] = without_backticks(line[i]);
            widths[i] = std::max(widths[i], columns(line[i]));
        }
    }
    std::string out = table.caption.empty() ? "" : without_backticks(table.caption) + '\n';
    for (const auto& line : lines) {
        std::string padded = " ";
        for (std::size_t i = 0; i < line.size(); ++i) {
            padded += ' ' + line[i] + std::string(widths[i] - columns(line[i]) + 1, ' ');
        }
        out += padded.substr(0, padded.find_last_not_of(' ') + 1) + '\n';
    }
    return out;
}

std::string html_text(const std::string& text) {
    std::string out;
    std::size_t at = 0;
    bool inside = false;
    while (at <= text.size()) {
        const std::size_t end = std::min(text.find('`', at), text.size());
        const std::string_view part = std::string_view(text).substr(at, end - at);
        out += inside ? "<span class=\"f\">" + formula(part) + "</span>" : escaped(part);
        inside = !inside;
        at = end + 1;
    }
    return out;
}

void Report::add(const std::string& html) {
    if (sections_.empty()) sections_.push_back({"", "", ""});
    sections_.back().body += html;
}

void Report::fact(const std::string& value, const std::string& meaning) { facts_.emplace_back(value, meaning); }

void Report::section(const std::string& id, const std::string& title, const std::string& lead) {
    sections_.push_back({id, title, ""});
    const std::string heading = id + "  " + title;
    log_ << '\n' << heading << '\n' << std::string(columns(heading), '-') << '\n';
    if (!lead.empty()) paragraph(lead);
}

void Report::paragraph(const std::string& text) { add("<p>" + html_text(text) + "</p>\n"); }

void Report::figure(const std::string& id, const SavedFigure& figure, const std::string& caption) {
    std::string pictures;
    for (std::size_t i = 0; i < figure.pictures.size(); ++i) {
        const std::string narrow =
            i < figure.narrow_pictures.size()
                ? "<source media=\"(max-width: 640px)\" srcset=\"" + data_uri(figure.narrow_pictures[i]) + "\">"
                : "";
        pictures += "<picture>" + narrow + "<img alt=\"" + escaped(without_backticks(caption)) + "\" src=\"" +
                    data_uri(figure.pictures[i]) + "\"></picture>\n";
    }
    if (pictures.empty()) pictures = "<p class=\"missing\">No picture: " + escaped(figure.problem) + "</p>\n";
    const bool wide = figure.pictures.size() > 1 || !figure.narrow_pictures.empty();
    add(std::string(wide ? "<figure><div class=\"panels wide\">\n" : "<figure class=\"one\"><div class=\"panels\">\n") +
        pictures + "</div><figcaption><b>Figure " + escaped(id) + ".</b> " + html_text(caption) +
        "</figcaption></figure>\n");
    log_ << "Figure " << id << ": "
         << (figure.problem.empty() ? figure.files.back().string() : "no picture: " + figure.problem) << '\n';
}

void Report::comparisons(const std::vector<Comparison>& comparisons, const std::string& caption) {
    Table log{caption, {"", "here", "reported", "verdict"}, {}};
    std::vector<std::vector<std::string>> rows;
    for (const Comparison& one : comparisons) {
        const char* word = look(one.verdict).number;
        const std::string why = one.why.empty() ? "" : "<span class=\"why\">" + html_text(one.why) + "</span>";
        rows.push_back(
            {html_text(one.quantity), html_text(one.ours), html_text(one.reported), badge(one.verdict, word) + why});
        log.rows.push_back({one.quantity, one.ours, one.reported, word});
        ++compared_[one.verdict];
    }
    add(table_html("numbers", caption, {"Quantity", "Here", "Reported", "Verdict"}, rows));
    log_ << text(log);
}

void Report::table(const Table& table) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& row : table.rows) {
        rows.emplace_back();
        for (const std::string& cell : row) rows.back().push_back(html_text(cell));
    }
    add(table_html("plain", table.caption, table.head, rows));
    log_ << text(table);
}

void Report::claims(const std::vector<Claim>& claims) {
    Table log{"", {"", "task", "verdict", "claim"}, {}};
    std::vector<std::vector<std::string>> rows;
    for (const Claim& one : claims) {
        const char* word = look(one.verdict).claim;
        rows.push_back({html_text(one.claim), escaped(one.report + ", " + one.task),
                        badge(one.verdict, word) + "<span class=\"why\">" + html_text(one.finding) + "</span>"});
        log.rows.push_back({one.report, one.task, word, one.claim});
        ++judged_[one.verdict];
    }
    add(table_html("claims", "", {"Claim", "Report, task", "Verdict"}, rows));
    log_ << text(log);
}

std::string Report::html(const std::string& colophon) const {
    std::string facts;
    for (const auto& [value, meaning] : facts_) {
        facts += "<div><b>" + html_text(value) + "</b>" + html_text(meaning) + "</div>\n";
    }
    std::string links;
    std::string body;
    for (const Section& section : sections_) {
        const std::string anchor = escaped("task-" + section.id);
        links += "<li><a href=\"#" + anchor + "\" title=\"" + escaped(section.title) + "\">" + escaped(section.id) +
                 "</a></li>";
        body += "<section id=\"" + anchor + "\"><h2><span>" + escaped(section.id) + "</span>" +
                html_text(section.title) + "</h2>\n" + section.body + "</section>\n";
    }
    const std::string tallies =
        tally_html("numbers set beside those of the reports, the tasks and an independent program", compared_, false) +
        tally_html("claims and derivations judged", judged_, true);
    // The policy is a promise to the reader: nothing is loaded from anywhere.
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
           "style-src 'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<link rel=\"icon\" href=\"data:,\">\n<title>" +
           escaped(title_) + "</title>\n<style>" + kReportStyle + "</style></head>\n<body>\n<header><div><h1>" +
           escaped(title_) + "</h1><p>" + html_text(lead_) + "</p>\n<div class=\"facts\">\n" + facts +
           "</div></div></header>\n<nav><ul>" + links + "</ul></nav>\n<main>\n" +
           (tallies.empty() ? "" : "<section>" + tallies + "</section>\n") + body + "</main>\n<footer><div><p>" +
           html_text(colophon) + "</p></div></footer>\n</body></html>\n";
}

}  // namespace examples
