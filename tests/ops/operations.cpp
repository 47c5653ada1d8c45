#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include <xgrad/autograd/ops/operations.h>

using namespace xgrad;

namespace {

#ifdef XGRAD_TEST_DATA_DIR
const std::filesystem::path kSources = std::filesystem::path(XGRAD_TEST_DATA_DIR) / "../../autograd";
#else
const std::filesystem::path kSources = "autograd";
#endif

/// All source files of the library's operations, one after the other.
std::string sources() {
    std::ostringstream text;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(kSources))
        if (entry.path().extension() == ".cpp" || entry.path().extension() == ".inc")
            text << std::ifstream(entry.path()).rdbuf();
    return text.str();
}

/// The first group of every match.
std::multiset<std::string> matches(const std::string& text, const char* pattern) {
    std::multiset<std::string> out;
    const std::regex expression(pattern);
    for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it) out.insert((*it)[1]);
    return out;
}

}  // namespace

// Static registration would be lost in a static archive, so families are listed by hand; a forgotten one would run
// without any test that goes through the table.
TEST_CASE("every family of operations is in the table") {
    const std::string text = sources();
    const auto named = matches(text, R"(using (\w+) =\s+Family(?:OfRows)?<)");
    CHECK(named.size() >= 10);
    CHECK_MESSAGE(matches(text, R"((Family(?:OfRows)?<))").size() == named.size(), "a family without a name");
    for (const std::string& family : named) {
        CAPTURE(family);
        CHECK(named.count(family) == 1);
        CHECK_MESSAGE(text.find(family + "::table()") != std::string::npos, "no function returns the family's table");
    }
    const auto listed = matches(text, R"(\bXGRAD_FAMILY\((\w+)\))");
    for (const std::string& function : matches(text, R"(std::vector<OpInfo> (?:\w+::)*(\w+)_operations\(\) \{)")) {
        CAPTURE(function);
        if (function == "all") continue;
        CHECK_MESSAGE(listed.count(function) == 1, "not in ops/families.inc");
    }
}

TEST_CASE("the table has operations of every kind") {
    std::set<std::string_view> names;
    for (const ops::OpInfo& info : ops::all_operations()) names.insert(info.name);
    for (const char* name :
         {"add", "view", "cat", "index_select", "mm", "sum", "softmax", "nll_loss", "copy_", "uniform_"})
        CHECK_MESSAGE(names.count(name) == 1, std::string(name));
}
