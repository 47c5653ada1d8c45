#pragma once

#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "figure.h"

namespace examples {

enum class Verdict {
    kReproduced,  // a number that comes out as it was reported, a claim that holds
    kPartly,      // right in one reading, or in part
    kDiffers,     // a number that does not, a claim that is wrong
    kNote,        // nothing to set it against
};

/// One of our numbers beside the one that was reported.
struct Comparison {
    std::string quantity;
    std::string ours;
    std::string reported;
    Verdict verdict = Verdict::kNote;
    std::string why{};
};

/// What a report says, and what is true.
struct Claim {
    std::string report;  // 000
    std::string task;    // 2e
    std::string claim;
    Verdict verdict = Verdict::kNote;
    std::string finding;
};

/// Cells below headings. The first column names the row.
struct Table {
    std::string caption;
    std::vector<std::string> head;
    std::vector<std::vector<std::string>> rows;
};

/// The table as aligned text for a terminal.
std::string text(const Table& table);

/// Text as HTML, formulas between backticks included (see Report).
std::string html_text(const std::string& text);

/// A page that is written as results come in: sections with text, pictures and tables. It is one file without outside
/// requests, for wide and narrow screens and for paper. Sections and tables are printed to a log at the same time.
///
/// Text is plain; what stands between backticks is set as a formula, in which _ and ^ lower and raise what follows (one
/// character or a group in braces): `w_{ij}`.
class Report {
  public:
    Report(std::string title, std::string lead, std::ostream& log)
        : title_(std::move(title)), lead_(std::move(lead)), log_(log) {}

    /// A large number with a word below it, at the top of the page.
    void fact(const std::string& value, const std::string& meaning);
    /// Starts a section, which the list at the top of the page links to: "2d", "Early stopping".
    void section(const std::string& id, const std::string& title, const std::string& lead = {});
    void paragraph(const std::string& text);
    /// The pictures of a figure; "A1-1" and the caption stand below. Says why, where there are none.
    void figure(const std::string& id, const SavedFigure& figure, const std::string& caption);
    /// What all quantities belong to may stand above them.
    void comparisons(const std::vector<Comparison>& comparisons, const std::string& caption = {});
    void table(const Table& table);
    void claims(const std::vector<Claim>& claims);

    /// How many comparisons, and how many claims, have had each verdict.
    using Tally = std::map<Verdict, int>;
    const Tally& compared() const { return compared_; }
    const Tally& judged() const { return judged_; }

    /// The whole page. `colophon` stands at its end.
    std::string html(const std::string& colophon) const;

  private:
    struct Section {
        std::string id;
        std::string title;
        std::string body{};
    };

    /// Adds to the section begun last.
    void add(const std::string& html);

    std::string title_;
    std::string lead_;
    std::ostream& log_;
    std::vector<std::pair<std::string, std::string>> facts_;
    std::vector<Section> sections_;
    Tally compared_;
    Tally judged_;
};

}  // namespace examples
